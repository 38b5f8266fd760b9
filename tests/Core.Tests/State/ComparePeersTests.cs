using IoTBackend.Core.Detection;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Signals;
using IoTBackend.Core.State;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.State;

public sealed class ComparePeersTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly MemoryDeviceStates _states = new();
    private readonly ComparePeers _sweep;

    public ComparePeersTests() => _sweep = new(_states, new(new Catalog()), new FakeTimeProvider(Start.AddDays(30)));

    [Fact]
    public async Task A_device_that_drains_more_than_its_peers_is_told_once_and_cleared_when_it_no_longer_does()
    {
        Report("x", perDay: 6, days: 10);
        for (var i = 0; i < 8; i++)
            Report($"p{i}", perDay: 0.9 + 0.02 * i, days: 10);
        Assert.Equal(1, await _sweep.RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal(0, await _sweep.RunAsync(TestContext.Current.CancellationToken));
        var raised = Assert.Single(_states.Alerts, a => a.Kind == AlertKind.BatteryDrain);
        Assert.Equal("x", raised.DeviceId);
        Report("x", perDay: 1, days: 60, from: Start.AddDays(10), level: 40);
        await _sweep.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(AlertChange.Cleared, _states.Alerts.Last(a => a.Kind == AlertKind.BatteryDrain).Change);
    }

    [Theory]
    [InlineData(3, "a", "too few peers say nothing")]
    [InlineData(8, "b", "devices of another image are no peers")]
    public async Task Who_is_no_peer_is_not_compared_with(int peers, string digest, string why)
    {
        Report("x", perDay: 6, days: 10, digest: digest);
        for (var i = 0; i < peers; i++)
            Report($"p{i}", perDay: 1, days: 10);
        Assert.True(await _sweep.RunAsync(TestContext.Current.CancellationToken) == 0, why);
    }

    private void Report(string id, double perDay, int days, DateTimeOffset? from = null, double level = 100, string digest = "a")
    {
        var record = _states.Records.GetValueOrDefault(id);
        var policy = new DetectionPolicy();
        for (var hour = 0; hour < 24 * days; hour++)
        {
            var reading = new Reading { BatteryPercent = level - perDay * hour / 24 + 0.2 * (hour % 3), Digest = digest };
            Detectors.Observe(policy, ref record.Detection, in reading, (from ?? Start) + TimeSpan.FromHours(hour), []);
        }
        _states.Records[id] = record;
    }

    private sealed class Catalog : IDeviceCatalog
    {
        public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) => new(new Device { Id = deviceId, Model = "m", RegisteredAt = Start });

        public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => new(new DeviceModel { Name = "m" });
    }
}
