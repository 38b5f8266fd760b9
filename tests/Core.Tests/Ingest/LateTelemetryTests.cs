using System.Diagnostics.Metrics;
using System.Text;
using Core.Tests.Releases;
using Core.Tests.State;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Signals;
using IoTBackend.Core.State;
using Microsoft.Extensions.DependencyInjection;

namespace Core.Tests.Ingest;

public sealed class LateTelemetryTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly MemoryDeviceStates _states = new();
    private readonly ApplyTelemetry _telemetry;
    private readonly DevicePolicies _policies = new(new Catalog());
    private long _sequenceNumber;

    public LateTelemetryTests()
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        _telemetry = new(_states, new NoLetters(), _policies, new(meters, TimeProvider.System));
    }

    [Fact]
    public async Task Two_days_of_readings_delivered_at_once_raise_no_alert_about_what_is_over()
    {
        await RunAsync(Now.AddDays(-2), [.. Enumerable.Range(0, 60).Select(i => Reading(Now.AddDays(-2).AddMinutes(-60 + i), i, 60))]);
        // Charged at noon, empty at night, charged again before it came back.
        var buffered = Enumerable.Range(0, 48 * 4).Select(i =>
            Reading(Now.AddDays(-2).AddMinutes(15 * (i + 1)), 60 + i, i is > 60 and < 120 ? 8 : 70)).ToArray();
        foreach (var chunk in buffered.Chunk(50))
            await RunAsync(Now, chunk);
        await RunAsync(Now.AddMinutes(1), Reading(Now.AddMinutes(1), 60 + 48 * 4, 70));
        var open = _states.Alerts.GroupBy(a => a.AlertId).Where(a => a.All(t => t.Change != AlertChange.Cleared)).Select(a => a.First().Summary);
        Assert.Empty(open);
        Assert.DoesNotContain(_states.Alerts, a => a.Kind is AlertKind.DeviceOffline or AlertKind.DeviceFlapping or AlertKind.DeviceDataLoss);
    }

    [Fact]
    public async Task A_late_reading_does_not_undo_what_a_newer_one_said()
    {
        await RunAsync(Now, [.. Enumerable.Range(0, 60).Select(i => Reading(Now.AddMinutes(i - 60), 100 + i, 70))]);
        await RunAsync(Now, [.. Enumerable.Range(0, 60).Select(i => Reading(Now.AddDays(-1).AddMinutes(i), i, 3))]);
        var (_, policy) = (await _policies.FindAsync("a", TestContext.Current.CancellationToken))!.Value;
        Assert.DoesNotContain(_states.Alerts, a => a is { Kind: AlertKind.BatteryCritical or AlertKind.BatteryLow, Change: AlertChange.Opened });
        Assert.InRange(_states.Records["a"].Detection.Health(policy, Now).Battery.Percent!.Value, 65, 75);
    }

    [Fact]
    public async Task A_clock_that_is_behind_is_in_the_devices_condition()
    {
        for (var i = 0; i < 10; i++)
            await RunAsync(Now.AddMinutes(i), Reading(Now.AddMinutes(i).AddHours(-3), i, 70));
        using var conditions = new DeviceConditions(_states, _policies, new ReleaseNames(new MemoryStores(), TimeProvider.System), TimeProvider.System);
        var found = await conditions.FindAsync(["a"], TestContext.Current.CancellationToken);
        Assert.Equal(TimeSpan.FromHours(3), found["a"].ClockSkew);
    }

    private static string Reading(DateTimeOffset time, long sequence, double percent) =>
        $$$"""{"ts":"{{{time:O}}}","seq":{{{sequence}}},"next":900,"battery":{"percent":{{{percent}}}}}""";

    private Task RunAsync(DateTimeOffset arrivedAt, params string[] readings) => _telemetry.RunAsync(0, [new()
    {
        SequenceNumber = ++_sequenceNumber,
        EnqueuedAt = arrivedAt,
        DeviceId = "a",
        Body = Encoding.UTF8.GetBytes($"[{string.Join(',', readings)}]"),
    }], TestContext.Current.CancellationToken);

    private sealed class Catalog : IDeviceCatalog
    {
        public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) =>
            new(new Device { Id = deviceId, RegisteredAt = Now.AddDays(-9), Enabled = true, Model = "m" });

        public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) =>
            new(new DeviceModel { Name = model, Battery = new(LowPercent: 20, CriticalPercent: 5) });
    }

    private sealed class NoLetters : IDeadLetters
    {
        public Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken) => throw new InvalidOperationException(letters[0].Reason);
    }
}
