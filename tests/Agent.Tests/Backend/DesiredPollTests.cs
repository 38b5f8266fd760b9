using System.Net;
using IoTBackend.Agent.Backend;
using IoTBackend.Agent.Host;
using IoTBackend.Agent.Trust;
using IoTBackend.Agent.Updates;
using Microsoft.Extensions.Time.Testing;

namespace Agent.Tests.Backend;

public sealed class DesiredPollTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");
    private readonly FakeTimeProvider _time = new(new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
    private readonly Server _server = new();

    [Theory]
    [InlineData("1", 1)]
    [InlineData(null, 30)]
    public async Task A_server_that_lets_nobody_wait_is_not_asked_without_a_pause(string? tag, int seconds)
    {
        for (var i = 1; i <= 100; i++)
            _server.Answer(HttpStatusCode.OK, $$"""{"version":{{i}}}""", tag is null ? [] : [("ETag", $"\"{tag}\"")]);
        using var stop = new CancellationTokenSource();
        var running = Poll(longPoll: true).RunAsync(stop.Token);
        // All of it is done on this thread, up to the first pause.
        Assert.Single(_server.Asked);
        while (_server.Asked.Count < 2)
        {
            _time.Advance(TimeSpan.FromSeconds(seconds));
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_server_that_changes_its_mind_with_every_answer_has_it_written_down_once_a_minute()
    {
        for (var i = 1; i <= 1000; i++)
            _server.Answer(HttpStatusCode.OK, $$"""{"version":{{i}}}""", ("ETag", $"\"{i}\""));
        using var stop = new CancellationTokenSource();
        var running = Poll(longPoll: true).RunAsync(stop.Token);
        // Until it has asked a hundred times: sixty at once, the others a minute apart.
        var began = _time.GetUtcNow();
        while (_server.Asked.Count < 100)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.True(_time.GetUtcNow() - began > TimeSpan.FromMinutes(35));
    }

    [Fact]
    public async Task Without_long_polls_a_change_is_learnt_from_the_answer_to_telemetry_and_nobody_asks_before()
    {
        _server.Answer(HttpStatusCode.OK, """{"version":1}""", ("ETag", "\"1\"")).Answer(HttpStatusCode.OK, """{"version":2}""", ("ETag", "\"2\""));
        using var stop = new CancellationTokenSource();
        var poll = Poll(longPoll: false);
        var running = poll.RunAsync(stop.Token);
        poll.Heard(1);
        _time.Advance(TimeSpan.FromHours(5));
        Assert.Equal(["GET /api/devices/pump-1/desired"], _server.Asked.Select(a => a.Request));
        poll.Heard(2);
        while (_server.Asked.Count < 2)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private DesiredPoll Poll(bool longPoll)
    {
        var clock = new ServerClock(_time);
        var backend = new BackendClient(_server.Client(), "pump-1", new("iot.example.com", "pump-1", new byte[32], clock), clock);
        var workloads = new DesiredWorkloads(StateFile.Open(Path.Combine(_folder.FullName, "state.json"), _ => { }), new Pins(Path.Combine(_folder.FullName, "pins.json"), new()), _ => { }, () => { });
        return new(backend, workloads, longPoll, new Backoff(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(15), () => 1), _time, _ => { }, () => { });
    }
}
