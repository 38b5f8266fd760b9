using Core.Tests.Releases;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.State;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.State;

public sealed class DeviceConditionsTests : IDeviceCatalog, IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly string[] Digests = [.. "abc".Select(c => "sha256:" + new string(c, 64))];

    private readonly MemoryDeviceStates _states = new();
    private readonly MemoryStores _stores = new();
    private readonly Device _device = new() { Id = "d", RegisteredAt = Now };
    private readonly DeviceConditions _conditions;

    public DeviceConditionsTests()
    {
        var time = new FakeTimeProvider(Now);
        _conditions = new(_states, new(this), new ReleaseNames(_stores, time), time);
    }

    [Fact]
    public async Task A_device_of_two_workloads_runs_the_images_of_both_tracks_whichever_it_named_last()
    {
        foreach (var (track, digest) in new[] { ("sensor", Digests[0]), ("agent", Digests[1]) })
            await _stores.TrySaveAsync(ReleaseOf(track, digest), null, CancellationToken.None);
        var record = default(DeviceRecord);
        foreach (var (track, digest) in new[] { ("sensor", Digests[0]), ("agent", Digests[1]), ("unknown", Digests[2]) })
            Detectors.Observe(new(), ref record.Detection, new Reading { Track = track, Digest = digest }, Now, []);
        _states.Records["d"] = record;

        var expected = new Dictionary<string, string> { ["agent"] = Digests[1], ["sensor"] = Digests[0], ["unknown"] = Digests[2] };
        Assert.Equal(expected, (await _conditions.FindAsync(["d"], CancellationToken.None))["d"].Images);
        var all = await _conditions.FindAllAsync(new Dictionary<string, Device> { ["d"] = _device }, CancellationToken.None);
        Assert.Equal(expected, all["d"].Images);
    }

    public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) => new(_device);

    public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => new((DeviceModel?)null);

    public void Dispose() => _conditions.Dispose();

    private static Release ReleaseOf(string track, string digest) => new()
    {
        Id = $"{track}-1",
        Track = track,
        Registry = "r.example.com",
        Repository = track,
        Digest = digest,
        MediaType = MediaTypes.OciIndex,
        Tag = "1.0.0",
        FirstSeenAt = Now,
    };
}
