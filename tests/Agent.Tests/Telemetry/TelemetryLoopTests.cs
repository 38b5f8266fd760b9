using System.Net;
using System.Text.Json;
using Agent.Tests.Backend;
using Agent.Tests.Updates;
using IoTBackend.Agent.Backend;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;
using IoTBackend.Agent.Host;
using IoTBackend.Agent.Telemetry;
using Microsoft.Extensions.Time.Testing;

namespace Agent.Tests.Telemetry;

/// <summary>A radio that sleeps, a server that is away, and a power cut.</summary>
public sealed class TelemetryLoopTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");
    private readonly Clock _time = new();
    private readonly Server _server = new();
    private readonly ModelEngine _engine = new(_ => Health.Healthy);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];

    private DiskBuffer? _buffer;
    private int _waited;

    [Fact]
    public async Task A_radio_that_sleeps_is_woken_once_an_hour_with_all_readings_since()
    {
        _server.Answer(HttpStatusCode.Accepted).Answer(HttpStatusCode.Accepted);
        Start(every: TimeSpan.FromMinutes(1), sendEvery: TimeSpan.FromHours(1));
        await UntilAsync(() => _server.Asked.Count == 1);
        for (var minute = 1; minute <= 60; minute++)
        {
            Assert.Single(_server.Asked);
            await LaterAsync(TimeSpan.FromMinutes(1));
        }

        await UntilAsync(() => _server.Asked.Count == 2);
        Assert.Equal(Enumerable.Range(1, 60), Sequences(1));
    }

    [Fact]
    public async Task Another_image_that_runs_is_told_at_once()
    {
        _server.Answer(HttpStatusCode.Accepted).Answer(HttpStatusCode.Accepted);
        var loop = Start(every: TimeSpan.FromMinutes(1), sendEvery: TimeSpan.FromHours(1));
        await UntilAsync(() => _server.Asked.Count == 1);
        var image = Device.Image('b').Image;
        await _engine.PullAsync(image, null, TestContext.Current.CancellationToken);
        await _engine.CreateAsync(new("name", "sensor", image, "release", new()), TestContext.Current.CancellationToken);
        await _engine.StartAsync("name", TestContext.Current.CancellationToken);
        loop.Wake();
        await UntilAsync(() => _server.Asked.Count == 2);
        Assert.Contains($"\"image\":{{\"track\":\"sensor\",\"digest\":\"sha256:{new string('b', 64)}\"}}", _server.Asked[1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_never_answers_keeps_no_reading_back()
    {
        _server.Answer(HttpStatusCode.Accepted);
        _engine.Lists = cancel => Task.Delay(Timeout.Infinite, cancel);
        Start(every: TimeSpan.FromMilliseconds(50), sendEvery: TimeSpan.Zero);
        await UntilAsync(() => _server.Asked.Count == 1);
    }

    [Fact]
    public async Task A_server_that_asks_for_a_pause_gets_it_and_then_all_readings_in_their_order()
    {
        _server.Answer(HttpStatusCode.ServiceUnavailable, "{}", ("Retry-After", "120")).Answer(HttpStatusCode.Accepted).Answer(HttpStatusCode.Accepted);
        Start(every: TimeSpan.FromSeconds(10), sendEvery: TimeSpan.Zero);
        await UntilAsync(() => _server.Asked.Count == 1);
        for (var i = 1; i <= 11; i++)
            await LaterAsync(TimeSpan.FromSeconds(10));
        Assert.Single(_server.Asked);
        await LaterAsync(TimeSpan.FromSeconds(10));
        await LaterAsync(TimeSpan.FromSeconds(10));
        await UntilAsync(() => _server.Asked.Count == 3);
        Assert.Equal(Enumerable.Range(0, 14), [.. Sequences(1), .. Sequences(2)]);
    }

    [Fact]
    public async Task What_was_taken_before_a_power_cut_arrives_before_what_was_taken_after_it()
    {
        _server.BreakOff().BreakOff();
        Start(every: TimeSpan.FromSeconds(10), sendEvery: TimeSpan.Zero);
        await UntilAsync(() => _server.Asked.Count == 1);
        await LaterAsync(TimeSpan.FromSeconds(10));
        await UntilAsync(() => _server.Asked.Count == 2);
        await _stop.CancelAsync();

        _server.Answer(HttpStatusCode.Accepted).Answer(HttpStatusCode.Accepted).Answer(HttpStatusCode.Accepted);
        using var again = new CancellationTokenSource();
        Start(every: TimeSpan.FromSeconds(10), sendEvery: TimeSpan.Zero, again.Token);
        await UntilAsync(() => _server.Asked.Count == 5);
        await again.CancelAsync();
        Assert.Equal([0, 1, 2], [.. Sequences(2), .. Sequences(3), .. Sequences(4)]);
    }

    public void Dispose()
    {
        _stop.Cancel();
        Assert.All(_running, running => Assert.ThrowsAny<OperationCanceledException>(() => running.GetAwaiter().GetResult()));
        _stop.Dispose();
        _folder.Delete(recursive: true);
    }

    private TelemetryLoop Start(TimeSpan every, TimeSpan sendEvery, CancellationToken? stop = null)
    {
        var clock = new ServerClock(_time);
        _buffer = new(_folder.FullName, 1_000_000);
        var loop = new TelemetryLoop(
            new() { Every = every, SendEvery = sendEvery }, _buffer, new([], "/nowhere"), new([], "/nowhere"), _engine,
            new(_server.Client(), "pump-1", new("iot.example.com", "pump-1", new byte[32], clock), clock), clock, new Backoff(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(15), () => 1),
            _time, _ => { }, _ => { });
        _running.Add(loop.RunAsync(stop ?? _stop.Token));
        return loop;
    }

    /// <summary>From one rest of the loop to the reading after it.</summary>
    private async Task LaterAsync(TimeSpan time)
    {
        await UntilAsync(() => _time.Waits > _waited);
        (_waited, var next) = (_time.Waits, _buffer!.NextSequence + 1);
        _time.Advance(time);
        await UntilAsync(() => _buffer.NextSequence == next);
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var looks = 0; !holds(); looks++)
        {
            Assert.InRange(looks, 0, 3000);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private IEnumerable<int> Sequences(int request) =>
        _server.Asked[request].Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("seq").GetInt32());

    /// <summary>Time that passes as the test says; knows when the loop has gone to rest.</summary>
    private sealed class Clock() : FakeTimeProvider(new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero))
    {
        private int _waits;

        public int Waits => Volatile.Read(ref _waits);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            Interlocked.Increment(ref _waits);
            return timer;
        }
    }
}
