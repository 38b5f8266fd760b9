using System.Net;
using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Azure.Messaging.EventHubs.Consumer;
using IoTBackend.EventHubEmulator.Hubs;

namespace EventHubEmulator.Tests;

public sealed class PublisherTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_publisher_is_stamped_whatever_the_message_says()
    {
        await using var hub = await TestHub.StartAsync();
        var device = await ConnectAsync(hub, "device-7");
        var message = new Message("x") { ApplicationProperties = new() { ["deviceId"] = "device-8" }, MessageAnnotations = new() { [new Symbol("x-opt-publisher")] = "device-8", [new Symbol("x-opt-partition-key")] = "device-8" } };
        await (await AttachAsync(device, "telemetry/Publishers/device-7")).SendAsync(message);
        await using var receiver = hub.Receiver($"{PartitionKeyHash.PartitionOf("device-7"u8, 4)}", EventPosition.Earliest);
        var stored = (await TestHub.ReadAsync(receiver, 1))[0];
        Assert.Equal("device-7", stored.SystemProperties["x-opt-publisher"]);
        Assert.Equal("device-7", stored.PartitionKey);
        await device.CloseAsync();
    }

    [Theory]
    [InlineData("telemetry/Publishers/device-8")]
    [InlineData("telemetry/Publishers/device-77")]
    [InlineData("telemetry")]
    [InlineData("telemetry/Partitions/0")]
    public async Task A_publisher_token_is_void_for_anything_but_its_publisher(string address)
    {
        await using var hub = await TestHub.StartAsync();
        var device = await ConnectAsync(hub, "device-7");
        var refused = await Assert.ThrowsAsync<AmqpException>(() => AttachAsync(device, address));
        Assert.Equal("amqp:unauthorized-access", refused.Error.Condition.ToString());
        await device.CloseAsync();
    }

    [Fact]
    public async Task A_revoked_publisher_is_thrown_out_and_stays_out_until_it_is_restored()
    {
        await using var hub = await TestHub.StartAsync();
        var device = await ConnectAsync(hub, "device-7");
        var link = await AttachAsync(device, "telemetry/Publishers/device-7");
        var thrownOut = new TaskCompletionSource<Error>();
        link.Closed += (_, error) => thrownOut.TrySetResult(error);
        Assert.Equal(HttpStatusCode.Created, await PolicyAsync(hub, HttpMethod.Put, "telemetry", "SAS_KEY_VALUE"));
        Assert.Equal("com.microsoft:publisher-revoked", (await thrownOut.Task.WaitAsync(TimeSpan.FromMinutes(1))).Condition.ToString());
        await hub.StopAsync();
        await hub.StartAgainAsync();
        device = await ConnectAsync(hub, "device-7");
        var refused = await Assert.ThrowsAsync<AmqpException>(() => AttachAsync(device, "telemetry/Publishers/DEVICE-7"));
        Assert.Equal("com.microsoft:publisher-revoked", refused.Error.Condition.ToString());
        Assert.Equal(HttpStatusCode.OK, await PolicyAsync(hub, HttpMethod.Delete, "telemetry", "SAS_KEY_VALUE"));
        await AttachAsync(device, "telemetry/Publishers/device-7");
        await device.CloseAsync();
    }

    [Fact]
    public async Task The_publisher_policy_is_not_for_strangers()
    {
        await using var hub = await TestHub.StartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await PolicyAsync(hub, HttpMethod.Put, "telemetry", "wrong"));
        Assert.Equal(HttpStatusCode.Forbidden, await PolicyAsync(hub, HttpMethod.Put, "telemetry/publishers/device-7", "SAS_KEY_VALUE"));
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync($"http://127.0.0.1:{hub.HealthPort}/health")).StatusCode);
    }

    private static async Task<HttpStatusCode> PolicyAsync(TestHub hub, HttpMethod method, string resource, string key)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(method, $"http://127.0.0.1:{hub.HealthPort}/telemetry/revokedpublishers/device-7");
        request.Headers.TryAddWithoutValidation("Authorization", hub.Sas(resource, "RootManageSharedAccessKey", key, Hour));
        return (await http.SendAsync(request)).StatusCode;
    }

    /// <summary>A device: no Azure SDK, an AMQP library and a token for its publisher.</summary>
    private static async Task<Connection> ConnectAsync(TestHub hub, string publisher)
    {
        var connection = await new ConnectionFactory().CreateAsync(new Address("127.0.0.1", hub.Port, null, null, "/", "amqp"), default(Amqp.Handler.IHandler));
        var session = new Session(connection);
        var replies = new ReceiverLink(session, "replies", new Attach { Source = new Source { Address = "$cbs" }, Target = new Target { Address = "replies" } }, null);
        var resource = $"telemetry/publishers/{publisher}";
        var request = new Message(hub.Sas(resource, "RootManageSharedAccessKey", "SAS_KEY_VALUE", Hour))
        {
            Properties = new() { MessageId = "1", ReplyTo = "replies" },
            ApplicationProperties = new() { ["operation"] = "put-token", ["type"] = "servicebus.windows.net:sastoken", ["name"] = $"amqp://localhost/{resource}" },
        };
        await new SenderLink(session, "requests", "$cbs").SendAsync(request);
        var reply = await replies.ReceiveAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(202, reply.ApplicationProperties["status-code"]);
        return connection;
    }

    private static async Task<SenderLink> AttachAsync(Connection connection, string address)
    {
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var link = new SenderLink(new Session(connection), "sender", new Attach { Source = new Source(), Target = new Target { Address = address } }, (_, reply) =>
        {
            // A refusal is an attach without terminus, then a detach with the error.
            if (reply.Target is not null) taken.TrySetResult();
        });
        link.AddClosedCallback((_, error) => taken.TrySetException(new AmqpException(error)));
        await taken.Task.WaitAsync(TimeSpan.FromMinutes(1));
        return link;
    }
}
