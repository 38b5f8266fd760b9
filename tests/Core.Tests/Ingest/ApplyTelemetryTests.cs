using System.Diagnostics.Metrics;
using System.Text;
using Core.Tests.State;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using IoTBackend.Core.State;
using Microsoft.Extensions.DependencyInjection;

namespace Core.Tests.Ingest;

public sealed class ApplyTelemetryTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly MemoryDeviceStates _states = new();
    private readonly List<DeadLetter> _letters = [];
    private readonly ApplyTelemetry _telemetry;

    public ApplyTelemetryTests()
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        _telemetry = new(_states, new Letters(_letters), new(new Catalog()), new(meters, TimeProvider.System));
    }

    [Fact]
    public async Task Readings_are_counted_on_the_device_that_sent_them()
    {
        await RunAsync(Event(1, "a", """[{"seq":5},{"seq":7}]"""), Event(2, "b", "{}"), Event(3, "a", """{"seq":8}"""));
        Assert.Equal((3, 20UL, 1L), (_states.Records["a"].Readings, _states.Records["a"].SequenceSum, _states.Records["b"].Readings));
        Assert.Equal(1, _states.Commits);
    }

    [Fact]
    public async Task A_redelivered_event_changes_nothing()
    {
        await RunAsync(Event(1, "a", "{}"), Event(2, "a", "{}"));
        await RunAsync(Event(1, "a", "{}"), Event(2, "a", "{}"), Event(3, "a", "{}"));
        Assert.Equal(3, _states.Records["a"].Readings);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_that_fails_before_or_after_it_stored_counts_each_event_once(bool before)
    {
        (_states.FailBeforeCommit, _states.FailAfterCommit) = (before, !before);
        await Assert.ThrowsAsync<UnavailableException>(() => RunAsync(Event(1, "a", "{}")));
        (_states.FailBeforeCommit, _states.FailAfterCommit) = (false, false);
        await RunAsync(Event(1, "a", "{}"));
        Assert.Equal(1, _states.Records["a"].Readings);
    }

    [Fact]
    public async Task A_process_that_was_overtaken_decides_anew_on_what_the_other_stored()
    {
        _states.Overtaken = () =>
        {
            var other = default(DeviceRecord);
            other.Readings = 10;
            other.Positions.Advance(0, 1);
            other.LastSeen = Start + TimeSpan.FromMinutes(1);
            _states.Records["a"] = other;
        };
        await RunAsync(Event(1, "a", "{}"), Event(2, "a", "{}"));
        Assert.Equal(11, _states.Records["a"].Readings);
    }

    [Fact]
    public async Task A_hub_made_anew_that_counts_from_the_beginning_is_heard_and_its_redeliveries_are_not()
    {
        await RunAsync(Event(1000, "a", "{}"));
        var anew = new[] { 3L, 4, 5 }.Select(number => Event(number, "a", "{}") with { EnqueuedAt = Start + TimeSpan.FromMinutes(2000) }).ToArray();
        await RunAsync(anew);
        Assert.Equal(4, _states.Records["a"].Readings);
        await RunAsync(anew);
        Assert.Equal(4, _states.Records["a"].Readings);
    }

    [Fact]
    public async Task What_ingest_appended_twice_is_counted_once()
    {
        var lost = Event(1, "a", "{}") with { Append = new(7, 1) };
        await RunAsync(lost, lost with { SequenceNumber = 2 }, Event(3, "a", "{}") with { Append = new(7, 2) });
        await RunAsync(Event(4, "a", "{}") with { Append = new(7, 2) }, Event(5, "a", "{}") with { Append = new(8, 1) });
        Assert.Equal(3, _states.Records["a"].Readings);
    }

    [Fact]
    public async Task What_the_hub_says_of_the_sender_beats_what_the_message_says()
    {
        await RunAsync(Event(1, "victim", "{}") with { Publisher = "a" });
        Assert.Equal(["a"], _states.Records.Keys);
    }

    [Fact]
    public async Task A_bad_reading_is_dead_lettered_and_the_rest_of_the_batch_is_stored()
    {
        await RunAsync(Event(1, "a", "nonsense"), Event(2, "a", """["x",{}]"""), Event(3, "b", "{}"));
        Assert.Equal([(1L, false), (2L, true)], _letters.Select(l => (l.Event.SequenceNumber, l.OthersStored)));
        Assert.Equal((1, 1L), (_states.Records["a"].Readings, _states.Records["b"].Readings));
    }

    [Theory]
    [InlineData(null, "application/json", "names no device")]
    [InlineData("stranger", "application/json", "is not registered")]
    [InlineData("disabled", "application/json", "is disabled")]
    [InlineData("a", "image/png", "content type")]
    public async Task An_event_nobody_may_send_is_dead_lettered_with_its_reason(string? sender, string contentType, string reason)
    {
        await RunAsync(Event(1, sender, "{}") with { ContentType = contentType });
        Assert.Contains(reason, Assert.Single(_letters).Reason, StringComparison.Ordinal);
        Assert.Empty(_states.Records);
    }

    [Fact]
    public async Task A_low_battery_raises_one_alert_however_often_the_batch_comes()
    {
        HubEvent[] events = [.. Enumerable.Range(0, 60).Select(i => Event(i, "a", "{\"battery\":{\"percent\":" + (60 - i) + "}}"))];
        _states.FailAfterCommit = true;
        await Assert.ThrowsAsync<UnavailableException>(() => RunAsync(events));
        _states.FailAfterCommit = false;
        await RunAsync(events);
        Assert.Single(_states.Alerts, a => a is { Kind: AlertKind.BatteryLow, Change: AlertChange.Opened });
    }

    [Fact]
    public async Task A_device_stands_in_the_due_index_from_its_first_reading_on()
    {
        await RunAsync(Event(1, "a", """{"next":60}"""));
        Assert.True(_states.Records["a"].DueAt > Start);
    }

    [Fact]
    public async Task The_state_of_a_device_stays_below_2_KB_however_much_it_sends()
    {
        var random = new Random(7);
        for (var batch = 0; batch < 200; batch++)
        {
            await RunAsync([.. Enumerable.Range(1, 500).Select(i => Event((batch * 500) + i, "a", $$$"""
                {"seq":{{{random.Next(1 << 30)}}},"battery":{"percent":{{{random.Next(101)}}},"voltage":{{{random.Next(3, 5)}}}},
                 "link":{"rssi":{{{-random.Next(150)}}},"snr":{{{random.Next(20)}}},"gateway":"gateway-{{{random.Next(1000)}}}"},
                 "image":{"track":"track-{{{random.Next(1000)}}}","digest":"sha256:{{{new string('f', 64)}}}"},
                 "metrics":{"m{{{random.Next(1000)}}}":{{{random.Next()}}}}}
                """))]);
            _states.Alerts.Clear();
        }

        Assert.Equal(100_000, _states.Records["a"].Readings);
        Assert.InRange(_states.Records["a"].ToBytes().Length, 1, 2048);
    }

    private Task RunAsync(params HubEvent[] events) => _telemetry.RunAsync(0, events, TestContext.Current.CancellationToken);

    private static HubEvent Event(long sequenceNumber, string? deviceId, string body) => new()
    {
        SequenceNumber = sequenceNumber,
        EnqueuedAt = Start + TimeSpan.FromMinutes(sequenceNumber),
        DeviceId = deviceId,
        ContentType = "application/json",
        Body = Encoding.UTF8.GetBytes(body),
    };

    private sealed class Catalog : IDeviceCatalog
    {
        private readonly Dictionary<string, Device> _devices = new[] { "a", "b", "victim", "disabled" }
            .ToDictionary(id => id, id => new Device { Id = id, RegisteredAt = Start, Enabled = id != "disabled", Model = "m" });

        public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) => new(_devices.GetValueOrDefault(deviceId));

        public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) =>
            new(new DeviceModel { Name = model, Battery = new(LowPercent: 20, CriticalPercent: 5) });
    }

    private sealed class Letters(List<DeadLetter> letters) : IDeadLetters
    {
        public Task AddAsync(IReadOnlyList<DeadLetter> added, CancellationToken cancellationToken)
        {
            letters.AddRange(added);
            return Task.CompletedTask;
        }
    }
}
