using IoTBackend.Core.Detection;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using IoTBackend.Core.State;

namespace IoTBackend.Benchmarks.Releases;

/// <summary>
/// Devices that report every minute and run at once what they are told, and all that a rollout asks for and that is not measured: registrations, the release, the states
/// that telemetry would have written. In memory, since what is counted is what the rollout itself costs.
/// </summary>
internal sealed class UpdatingFleet : TimeProvider, IDeviceCatalog, IDeviceRegistry, IModelStore, IDeviceStates, IGroupStates, ITracks, IReleases, IReleaseWork, IAlertQueue
{
    public const string Track = "sensor";

    private readonly Dictionary<string, Device> _devices;
    private readonly Dictionary<string, DeviceRecord> _records;
    private readonly DetectionPolicy _policy;
    private readonly Track _track;
    private Versioned<Release> _release;
    private DateTimeOffset _now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    public UpdatingFleet(int count, TrackRollout rules)
    {
        _devices = Enumerable.Range(0, count).Select(i => new Device
        {
            Id = $"device-{i:D6}",
            Platform = "linux/arm64",
            Groups = [$"site-{i % 40}"],
            ReportingInterval = TimeSpan.FromMinutes(1),
            RegisteredAt = DateTimeOffset.UnixEpoch,
        }).ToDictionary(d => d.Id);
        _policy = DetectionPolicy.For(_devices.Values.First(), null);
        _records = _devices.Keys.ToDictionary(id => id, _ => default(DeviceRecord));
        _track = new() { Name = Track, Registry = "r.example.com", Repository = "fleet/sensor", Targets = new() { Groups = ["*"] }, Rollout = rules };
        var digest = $"sha256:{new string('a', 64)}";
        _release = new(new()
        {
            Id = Core.Releases.Release.IdOf(Track, digest),
            Track = Track,
            Registry = _track.Registry,
            Repository = _track.Repository,
            Digest = digest,
            MediaType = "",
            Tag = "1.0.0",
            FirstSeenAt = _now,
            Platforms = [new("linux/arm64", $"sha256:{new string('b', 64)}", 10_000_000)],
        }, "1");
    }

    public Track Rules => _track;

    public Release Release => _release.Value;

    public int ShardCount => 16;

    public override DateTimeOffset GetUtcNow() => _now;

    public void Pass(TimeSpan time) => _now += time;

    /// <summary>Everybody says what they run.</summary>
    public async Task ReportAsync(IDesiredStates states)
    {
        var told = new Dictionary<string, string>();
        await foreach (var (id, state) in states.ListAsync(CancellationToken.None))
            told[id] = state.Of(Track)?.Image.Split('@')[1] ?? "";
        foreach (var id in _devices.Keys)
        {
            var record = _records[id];
            Detectors.Observe(_policy, ref record.Detection, new Reading { Track = Track, Digest = told.GetValueOrDefault(id, $"sha256:{new string('0', 64)}") }, _now, []);
            _records[id] = record;
        }
    }

    public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) => new(_devices.GetValueOrDefault(deviceId));

    public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => new((DeviceModel?)null);

    Task<Device?> IDeviceRegistry.FindAsync(string deviceId, CancellationToken cancellationToken) => Task.FromResult(_devices.GetValueOrDefault(deviceId));

    IAsyncEnumerable<Device> IDeviceRegistry.ListAsync(CancellationToken cancellationToken) => _devices.Values.ToAsyncEnumerable();

    Task<DeviceModel?> IDeviceRegistry.FindModelAsync(string model, CancellationToken cancellationToken) => Task.FromResult<DeviceModel?>(null);

    Task<DeviceModel?> IModelStore.FindAsync(string name, CancellationToken cancellationToken) => Task.FromResult<DeviceModel?>(null);

    Task<IReadOnlyList<DeviceModel>> IModelStore.ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<DeviceModel>>([]);

    /// <summary>What the real ones cost, one page of a thousand rows each, is added by <see cref="PagesRead"/>.</summary>
    public long PagesRead { get; private set; }

    Task<DeviceRecord?> IDeviceStates.FindAsync(string deviceId, CancellationToken cancellationToken) => Task.FromResult<DeviceRecord?>(_records[deviceId]);

    Task<IReadOnlyDictionary<string, DeviceRecord>> IDeviceStates.FindAsync(IReadOnlyCollection<string> deviceIds, int fleet, CancellationToken cancellationToken)
    {
        // As TableDeviceStates decides: one by one, or the pages of the shard.
        var pages = (fleet / ShardCount / 1000) + 1;
        PagesRead += deviceIds.GroupBy(((IDeviceStates)this).ShardOf).Sum(shard => Math.Min(shard.Count(), pages));
        return Task.FromResult<IReadOnlyDictionary<string, DeviceRecord>>(deviceIds.ToDictionary(id => id, id => _records[id]));
    }

    IAsyncEnumerable<KeyValuePair<string, DeviceRecord>> IDeviceStates.ListAsync(CancellationToken cancellationToken)
    {
        PagesRead += (_records.Count / 1000) + 1;
        return _records.ToAsyncEnumerable();
    }

    int IDeviceStates.ShardOf(string deviceId) => Core.Ingest.HubPartition.Of(deviceId, ShardCount);

    Task<IDeviceShard> IDeviceStates.OpenAsync(int shard, bool whole, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task IDeviceStates.RemoveAsync(string deviceId, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<IReadOnlyList<GroupRow>> IGroupStates.ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<GroupRow>>([]);

    Task<bool> IGroupStates.TryCommitAsync(GroupRow row, IReadOnlyList<AlertTransition> alerts, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<Track?> ITracks.FindAsync(string track, CancellationToken cancellationToken) => Task.FromResult<Track?>(_track);

    Task<IReadOnlyList<Track>> ITracks.ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Track>>([_track]);

    Task<Versioned<string>?> ITracks.CurrentAsync(string track, CancellationToken cancellationToken) => Task.FromResult<Versioned<string>?>(new(Release.Id, "1"));

    Task<bool> ITracks.TrySetCurrentAsync(string track, string releaseId, Versioned<string>? before, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<Versioned<Release>?> IReleases.FindAsync(string releaseId, CancellationToken cancellationToken) => Task.FromResult<Versioned<Release>?>(_release);

    IAsyncEnumerable<Release> IReleases.ListAsync(string? track, CancellationToken cancellationToken) => new[] { Release }.ToAsyncEnumerable();

    Task<bool> IReleases.TrySaveAsync(Release release, string? version, CancellationToken cancellationToken)
    {
        _release = new(release, "2");
        return Task.FromResult(true);
    }

    Task<TagRecord?> IReleases.FindTagAsync(string track, string tag, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task IReleases.SaveTagAsync(string track, TagRecord tag, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task ITracks.SaveAsync(Track track, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<bool> ITracks.DeleteAsync(string track, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task IModelStore.SaveAsync(DeviceModel model, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<bool> IModelStore.DeleteAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>The run that follows looks anyway.</summary>
    Task IReleaseWork.QueueAsync(OfferWork work, TimeSpan after, CancellationToken cancellationToken) => Task.CompletedTask;

    Task IReleaseWork.QueueAsync(ReadPushWork work, TimeSpan after, CancellationToken cancellationToken) => Task.CompletedTask;

    Task IReleaseWork.QueueAsync(TellWork work, TimeSpan after, CancellationToken cancellationToken) => Task.CompletedTask;

    Task IReleaseWork.PutBackAsync(string push, TimeSpan after, CancellationToken cancellationToken) => Task.CompletedTask;

    Task IAlertQueue.EnqueueAsync(AlertTransition transition, CancellationToken cancellationToken) => Task.CompletedTask;
}
