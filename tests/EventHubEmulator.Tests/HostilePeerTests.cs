using System.Text;
using IoTBackend.EventHubEmulator.Amqp;

namespace EventHubEmulator.Tests;

/// <summary>What somebody without a token, or with one, can make the hub hold.</summary>
public sealed class HostilePeerTests
{
    private static readonly byte[] Part = new byte[60_000];

    [Fact]
    public async Task Deliveries_that_are_begun_on_many_links_without_a_token_do_not_make_the_hub_grow()
    {
        var data = Directory.CreateTempSubdirectory("hostile-").FullName;
        using (var hub = await HubProcess.StartAsync(data))
        {
            var before = hub.ResidentBytes;
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => BeginDeliveries(hub.Port, links: 60))));
            Assert.InRange(hub.ResidentBytes - before, 0, 60_000_000);
        }
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task A_stranger_gets_links_and_sessions_for_tokens_and_not_for_more()
    {
        await using var hub = await TestHub.StartAsync();
        using var links = Stranger(hub.Port);
        for (uint handle = 0; handle < 17; handle++) links.Attach(handle, $"link-{handle}", receives: false, "$cbs", awaited: handle < 16);
        Assert.Contains("amqp:resource-limit-exceeded", Encoding.Latin1.GetString(links.ReadUntil(Frames.Close)), StringComparison.Ordinal);
        using var sessions = Stranger(hub.Port);
        for (ushort channel = 1; channel <= 16; channel++) sessions.Begin(channel);
        Assert.Contains("amqp:resource-limit-exceeded", Encoding.Latin1.GetString(sessions.ReadUntil(Frames.Close)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_longer_than_any_client_s_closes_the_connection()
    {
        await using var hub = await TestHub.StartAsync();
        using var peer = Stranger(hub.Port);
        peer.Attach(0, new('x', 5000), receives: false, "$cbs", awaited: false);
        Assert.Contains("amqp:invalid-field", Encoding.Latin1.GetString(peer.ReadUntil(Frames.Close)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delivery_for_which_there_is_no_room_is_rejected_and_the_link_goes_on_when_there_is()
    {
        await using var hub = await TestHub.StartAsync();
        using var peer = new RawPeer(hub.Port).Open();
        const uint links = 80;
        for (uint handle = 2; handle < links; handle++)
        {
            peer.Attach(handle, $"out-{handle}", receives: false, "telemetry/Partitions/0");
            for (var part = 0; part < 16; part++) peer.Transfer(handle, handle, 0, Part, more: true);
        }
        peer.Transfer(links - 1, links - 1, 0, Part);
        Assert.Contains("com.microsoft:server-busy", Encoding.Latin1.GetString(peer.ReadUntil(Frames.Disposition)), StringComparison.Ordinal);
        for (uint handle = 2; handle < links - 1; handle++) peer.Transfer(handle, handle, 0, [], aborted: true);
        peer.Transfer(links - 1, links, 0, RawPeer.Message("this"));
        Assert.DoesNotContain("com.microsoft", Encoding.Latin1.GetString(peer.ReadUntil(Frames.Disposition)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_puts_wrong_tokens_waits_for_the_refusals_before_more_are_taken()
    {
        await using var hub = await TestHub.StartAsync();
        using var peer = Stranger(hub.Port);
        peer.Attach(0, "in", receives: true, "$cbs");
        peer.Credit(0, 0, 1000);
        peer.Attach(1, "out", receives: false, "$cbs");
        for (uint id = 0; id < 500; id++) peer.Transfer(1, id, 0, RawPeer.PutToken("wrong"));
        Assert.Contains("amqp:link:transfer-limit-exceeded", Encoding.Latin1.GetString(peer.ReadUntil(Frames.Detach)), StringComparison.Ordinal);
    }

    private static RawPeer Stranger(int port)
    {
        var peer = new RawPeer(port);
        peer.Send(Frames.AmqpHeader);
        peer.ReadExactly(8);
        peer.Send(Frames.Open, w => w.Text("stranger"), 1);
        peer.Begin(0);
        return peer;
    }

    /// <summary>Sends until it is thrown out, or all is sent, and leaves the connection as it is.</summary>
    private static void BeginDeliveries(int port, uint links)
    {
        using var peer = Stranger(port);
        try
        {
            for (uint handle = 0; handle < links; handle++)
            {
                peer.Attach(handle, $"link-{handle}", receives: false, "$cbs", awaited: false);
                for (var part = 0; part < 16; part++) peer.Transfer(handle, handle, 0, Part, more: true);
            }
            peer.Read(500);
        }
        catch (IOException)
        {
            // Thrown out, as it should be.
        }
    }
}
