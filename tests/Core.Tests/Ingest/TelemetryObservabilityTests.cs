using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Core.Tests.State;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.DependencyInjection;

namespace Core.Tests.Ingest;

public sealed class TelemetryObservabilityTests : IDisposable
{
    private const string DeviceTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly MemoryDeviceStates _states = new();
    private readonly Dictionary<(string, string), long> _counts = [];
    private readonly ConcurrentQueue<Activity> _spans = [];
    private readonly IMeterFactory _meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
    private readonly MeterListener _meterListener = new();
    private readonly ActivityListener _activityListener;
    private readonly TelemetryMeter _meter;
    private readonly ApplyTelemetry _process;

    public TelemetryObservabilityTests()
    {
        _meterListener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, _meters))
                listener.EnableMeasurementEvents(instrument);
        };
        _meterListener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var key = (instrument.Name, tags.Length > 0 ? (string)tags[0].Value! : "");
            lock (_counts)
                _counts[key] = _counts.GetValueOrDefault(key) + value;
        });
        _meterListener.Start();
        _activityListener = new()
        {
            ShouldListenTo = s => s.Name == TelemetryTracing.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_activityListener);
        _meter = new(_meters, TimeProvider.System);
        _process = new(_states, new Letters(), new(new Catalog()), _meter);
    }

    public void Dispose()
    {
        _meterListener.Dispose();
        _activityListener.Dispose();
    }

    [Fact]
    public async Task A_devices_trace_goes_through_the_hub_to_the_alert()
    {
        var log = new Log();
        var budget = new ReadingBudgets(new(), TimeProvider.System).Of("a");
        var ingest = new AcceptTelemetry(log, _meter, TimeProvider.System);
        for (var i = 0; i < 60; i++)
            await ingest.RunAsync(new("a", Encoding.UTF8.GetBytes($$$"""{"battery":{"percent":{{{60 - i}}}}}"""), TelemetryFormat.Json, $"00-{DeviceTrace}-00f067aa0ba902b7-01"), budget, default);
        await _process.RunAsync(0, [.. log.Messages.Select((m, i) => Event(i, "a") with { Body = m.Body, TraceParent = m.TraceParent })], default);
        var alert = Assert.Single(_states.Alerts, a => a is { Kind: AlertKind.BatteryLow, Change: AlertChange.Opened });
        Assert.Equal(DeviceTrace, ActivityContext.Parse(alert.TraceParent!, null).TraceId.ToString());
        Assert.Contains(_spans, s => s is { Kind: ActivityKind.Producer } && s.TraceId.ToString() == DeviceTrace && alert.TraceParent == s.Id);
        Assert.Contains(_spans, s => s is { Kind: ActivityKind.Consumer } && s.Links.Any(l => l.Context.TraceId.ToString() == DeviceTrace));
    }

    [Fact]
    public async Task What_is_no_trace_context_goes_no_further()
    {
        await _process.RunAsync(0, [.. Enumerable.Range(0, 60).Select(i => Event(i, "a") with
        {
            Body = Encoding.UTF8.GetBytes($$$"""{"battery":{"percent":{{{60 - i}}}}}"""),
            TraceParent = "00-<script>",
        })], default);
        Assert.NotEmpty(_states.Alerts);
        Assert.All(_states.Alerts, a => Assert.Null(a.TraceParent));
    }

    [Fact]
    public async Task Received_is_the_sum_of_stored_duplicate_and_dead_lettered()
    {
        HubEvent[] events =
        [
            Event(1, "a"), Event(2, "a") with { Body = "[{},7]"u8.ToArray() }, Event(3, "a") with { Body = "junk"u8.ToArray() },
            Event(4, null), Event(5, "stranger"), Event(6, "b"), Event(7, "a") with { ContentType = "image/png" },
        ];
        _states.FailAfterCommit = true;
        await Assert.ThrowsAsync<UnavailableException>(() => _process.RunAsync(0, events, default));
        _states.FailAfterCommit = false;
        await _process.RunAsync(0, events, default);
        await _process.RunAsync(0, [Event(6, "b"), Event(8, "b")], default);
        long Events(string outcome) => _counts.GetValueOrDefault(("iot.telemetry.events", outcome));
        Assert.Equal(Events("received"), Events("stored") + Events("duplicate") + Events("dead_lettered"));
        // The first delivery was stored, and its acknowledgement lost: its events count as seen before.
        Assert.Equal((1, 4), (Events("stored"), Events("duplicate")));
        Assert.Equal(1, _counts[("iot.telemetry.readings", "stored")]);
    }

    [Fact]
    public async Task Fields_that_are_ignored_are_counted_by_names_of_a_closed_set()
    {
        await _process.RunAsync(0, [Event(1, "a") with { Body = """[{"seq":-1,"metrics":{"made up":[],"other":{}}},{"seq":-1,"battery":7}]"""u8.ToArray() }], default);
        Assert.Equal([("battery", 1L), ("metrics", 2L), ("seq", 2L)], _counts.Where(c => c.Key.Item1 == "iot.telemetry.ignored").Select(c => (c.Key.Item2, c.Value)).Order());
    }

    private static HubEvent Event(long sequenceNumber, string? deviceId) => new()
    {
        SequenceNumber = sequenceNumber,
        EnqueuedAt = Start + TimeSpan.FromMinutes(sequenceNumber),
        DeviceId = deviceId,
        Body = "{}"u8.ToArray(),
    };

    private sealed class Log : ITelemetryLog
    {
        public List<TelemetryMessage> Messages { get; } = [];

        public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask AppendAsync(TelemetryMessage message, CancellationToken cancellationToken)
        {
            Messages.Add(message);
            return default;
        }
    }

    private sealed class Letters : IDeadLetters
    {
        public Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Catalog : IDeviceCatalog
    {
        public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) =>
            new(deviceId == "stranger" ? null : new Device { Id = deviceId, RegisteredAt = Start, Enabled = true, Model = "m" });

        public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) =>
            new(new DeviceModel { Name = model, Battery = new(LowPercent: 20, CriticalPercent: 5) });
    }
}
