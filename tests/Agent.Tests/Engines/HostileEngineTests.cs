using System.Net.Sockets;
using System.Text;
using IoTBackend.Agent.Engine;

namespace Agent.Tests.Engines;

/// <summary>An engine that is broken, or is none: each answer is one of the two faults that the agent waits out, and none is held in memory.</summary>
public sealed class HostileEngineTests : IAsyncDisposable
{
    private const string Html = "<html>Service Unavailable</html>";

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"engine-{Guid.NewGuid():N}.sock");
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private Task _serving = Task.CompletedTask;

    [Theory]
    [InlineData("200 OK", Html)]
    [InlineData("200 OK", "{}")]
    [InlineData("200 OK", "null")]
    [InlineData("200 OK", "")]
    [InlineData("302 Found\r\nLocation: http://elsewhere.example.com/", "")]
    public async Task A_list_that_is_none_is_an_engine_that_does_not_answer(string status, string body)
    {
        using var engine = Serve(status, body, 1);
        if (status.StartsWith("302", StringComparison.Ordinal))
            await Assert.ThrowsAsync<EngineRefusedException>(() => engine.ListAsync(null, TestContext.Current.CancellationToken));
        else
            await Assert.ThrowsAsync<EngineUnavailableException>(() => engine.ListAsync(null, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(Html)]
    [InlineData("{}")]
    [InlineData("")]
    public async Task What_it_says_of_itself_an_image_or_a_container_and_is_nothing_refuses_no_image(string body)
    {
        using var engine = Serve("200 OK", body, 1);
        await Assert.ThrowsAsync<EngineUnavailableException>(() => engine.InfoAsync(TestContext.Current.CancellationToken));
        if (body.Length == 0)
            return;
        await Assert.ThrowsAsync<EngineUnavailableException>(() => engine.FindImageAsync("i", TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<EngineUnavailableException>(() => engine.InspectAsync("c", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_container_of_another_track_is_none_of_this_one_whatever_the_engine_makes_of_the_filter()
    {
        using var engine = Serve("200 OK", """[{"Id":"1","Labels":{"io.fleet.agent.device":"device","io.fleet.agent.track":"other","io.fleet.agent.image":"i"}}]""", 1);
        Assert.Empty(await engine.ListAsync("sensor", TestContext.Current.CancellationToken));
        Assert.Single(await engine.ListAsync(null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_list_without_end_is_not_read_to_the_end()
    {
        using var engine = Serve("200 OK", new string(' ', 65_536), int.MaxValue);
        await Assert.ThrowsAsync<EngineUnavailableException>(() => engine.ListAsync(null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Of_a_refusal_without_end_the_first_words_are_kept()
    {
        using var engine = Serve("500 Internal Server Error", new string('x', 65_536), int.MaxValue);
        var refused = await Assert.ThrowsAsync<EngineRefusedException>(() => engine.PullAsync(Updates.Device.Image('a').Image, null, TestContext.Current.CancellationToken));
        Assert.Equal(2000, refused.Message.Length);
    }

    [Fact]
    public async Task An_image_whose_labels_would_fill_the_list_of_all_containers_is_refused()
    {
        using var engine = Serve("200 OK", $$$$"""{"Config":{"Labels":{"a":"{{{{new string('x', 300_000)}}}}"}}}""", 1);
        Assert.Equal(413, (await Assert.ThrowsAsync<EngineRefusedException>(() => engine.FindImageAsync("i", TestContext.Current.CancellationToken))).Status);
    }

    [Fact]
    public async Task Lines_of_a_pull_that_are_too_long_or_no_JSON_are_passed_over()
    {
        using var engine = Serve("200 OK", new string('x', 200_000) + "\n<html>\n{\"error\":\"no space left on device\"}\n", 1);
        Assert.True((await Assert.ThrowsAsync<EngineRefusedException>(() => engine.PullAsync(Updates.Device.Image('a').Image, null, TestContext.Current.CancellationToken))).IsDiskFull);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
        File.Delete(_path);
    }

    /// <param name="times">The body is sent so often, or until nobody reads it.</param>
    private DockerEngine Serve(string status, string body, int times)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(_path));
        _listener.Listen();
        _serving = ServeAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\n\r\n"), Encoding.UTF8.GetBytes(body), times);
        return new(_path, "device");
    }

    private async Task ServeAsync(byte[] head, byte[] body, int times)
    {
        try
        {
            while (true)
            {
                using var connection = await _listener.AcceptAsync(_stop.Token);
                await AnswerAsync(connection, head, body, times);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(Socket connection, byte[] head, byte[] body, int times)
    {
        try
        {
            await connection.ReceiveAsync(new byte[16 * 1024], _stop.Token);
            await connection.SendAsync(head, _stop.Token);
            for (var i = 0; i < times; i++)
                await connection.SendAsync(body, _stop.Token);
            connection.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The agent has had enough.
        }
    }
}
