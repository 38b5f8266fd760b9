using System.Collections.Concurrent;
using Core.Tests.Releases.Rollout;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace Core.Tests.Releases;

/// <summary>All stores of releases in memory, with versions as the real ones have them. <see cref="DieBefore"/> ends the process at a write.</summary>
internal sealed class MemoryStores : IRegistries, ITracks, IReleases, IReleaseWork, IAlertQueue, IDeviceRegistry, IModelStore, IEvidenceStore, IDesiredStates, IRunningImages, IFleetPictures, IReleasePause
{
    private readonly ConcurrentDictionary<string, (object Value, int Version)> _rows = [];

    public List<object> Work { get; } = [];

    public List<AlertTransition> Alerts { get; } = [];

    public Dictionary<string, Device> Devices { get; } = [];

    public Dictionary<string, DesiredState> Desired { get; } = [];

    /// <summary>Writes until the process dies; null = it lives.</summary>
    public int? DieBefore { get; set; }

    public int Writes { get; private set; }

    Task<RegistryConfiguration?> IRegistries.FindAsync(string host, CancellationToken cancellationToken) => Get<RegistryConfiguration>("registry", host);

    Task<IReadOnlyList<RegistryConfiguration>> IRegistries.ListAsync(CancellationToken cancellationToken) => All<RegistryConfiguration>();

    public Task SaveAsync(RegistryConfiguration registry, CancellationToken cancellationToken) => Put("registry", registry.Host, registry);

    Task<bool> IRegistries.DeleteAsync(string host, CancellationToken cancellationToken) => Task.FromResult(_rows.TryRemove($"registry/{host}", out _));

    Task<Track?> ITracks.FindAsync(string track, CancellationToken cancellationToken) => Get<Track>("track", track);

    Task<IReadOnlyList<Track>> ITracks.ListAsync(CancellationToken cancellationToken) => All<Track>();

    public Task SaveAsync(Track track, CancellationToken cancellationToken) => Put("track", track.Name, track);

    Task<bool> ITracks.DeleteAsync(string track, CancellationToken cancellationToken) => Task.FromResult(_rows.TryRemove($"track/{track}", out _));

    public Task<Versioned<string>?> CurrentAsync(string track, CancellationToken cancellationToken) => Task.FromResult(Versioned<string>("current", track));

    public Task<bool> TrySetCurrentAsync(string track, string releaseId, Versioned<string>? before, CancellationToken cancellationToken) =>
        TryPut("current", track, releaseId, before?.Version);

    public Task<Versioned<Release>?> FindAsync(string releaseId, CancellationToken cancellationToken) => Task.FromResult(Versioned<Release>("release", releaseId));

    public IAsyncEnumerable<Release> ListAsync(string? track, CancellationToken cancellationToken) => Releases.ToAsyncEnumerable();

    public IEnumerable<Release> Releases => _rows.Values.Select(v => v.Value).OfType<Release>();

    /// <summary>Its row is gone, which nothing does.</summary>
    public void Lose(Release release) => _rows.TryRemove($"release/{release.Id}", out _);

    public Task<bool> TrySaveAsync(Release release, string? version, CancellationToken cancellationToken) => TryPut("release", release.Id, release, version);

    public Task<TagRecord?> FindTagAsync(string track, string tag, CancellationToken cancellationToken) => Get<TagRecord>(track, tag);

    public Dictionary<string, ReportedState> Reports { get; } = [];

    public Task SaveTagAsync(string track, TagRecord tag, CancellationToken cancellationToken) => Put(track, tag.Tag, tag);

    /// <summary>Work put off, with its wait.</summary>
    public List<(object Work, TimeSpan After)> Later { get; } = [];

    public Task QueueAsync(ReadPushWork work, TimeSpan after, CancellationToken cancellationToken) => after > TimeSpan.Zero ? Add(Later, (work, after)) : Add(Work, work);

    public Task QueueAsync(OfferWork work, TimeSpan after, CancellationToken cancellationToken) => after > TimeSpan.Zero ? Add(Later, (work, after)) : Add(Work, work);

    public Task QueueAsync(TellWork work, TimeSpan after, CancellationToken cancellationToken) => Add(Work, work);

    public Task PutBackAsync(string push, TimeSpan after, CancellationToken cancellationToken) => Add(Work, push);

    public Task EnqueueAsync(AlertTransition transition, CancellationToken cancellationToken) => Add(Alerts, transition);

    Task<Device?> IDeviceRegistry.FindAsync(string deviceId, CancellationToken cancellationToken) => Task.FromResult(Devices.GetValueOrDefault(deviceId));

    IAsyncEnumerable<Device> IDeviceRegistry.ListAsync(CancellationToken cancellationToken) => Devices.Values.ToAsyncEnumerable();

    Task<DeviceModel?> IDeviceRegistry.FindModelAsync(string model, CancellationToken cancellationToken) => Task.FromResult(Models.GetValueOrDefault(model));

    public Dictionary<string, DeviceModel> Models { get; } = [];

    Task<DeviceModel?> IModelStore.FindAsync(string name, CancellationToken cancellationToken) => Task.FromResult(Models.GetValueOrDefault(name));

    Task<IReadOnlyList<DeviceModel>> IModelStore.ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<DeviceModel>>([.. Models.Values]);

    Task IModelStore.SaveAsync(DeviceModel model, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<bool> IModelStore.DeleteAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public List<SentEvidence> Sent { get; } = [];

    public Dictionary<string, ReleaseContents> Contents { get; } = [];

    public Task SaveAsync(string releaseId, ReleaseContents contents, CancellationToken cancellationToken)
    {
        Contents[releaseId] = contents;
        return Task.CompletedTask;
    }

    Task<ReleaseContents?> IEvidenceStore.FindAsync(string releaseId, CancellationToken cancellationToken) => Task.FromResult(Contents.GetValueOrDefault(releaseId));

    public Task SaveAsync(string releaseId, SentEvidence evidence, CancellationToken cancellationToken) => Add(Sent, evidence);

    Task<IReadOnlyList<string>> IEvidenceStore.ListSentAsync(string releaseId, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([.. Sent.Select(s => s.Digest)]);

    Task<ReadOnlyMemory<byte>?> IEvidenceStore.FindSentAsync(string releaseId, string digest, CancellationToken cancellationToken) =>
        Task.FromResult<ReadOnlyMemory<byte>?>(Sent.Find(s => s.Digest == digest)?.Content);

    IAsyncEnumerable<KeyValuePair<string, ReleaseContents>> IEvidenceStore.ListAsync(Predicate<string> releaseId, CancellationToken cancellationToken) =>
        Contents.Where(c => releaseId(c.Key)).ToAsyncEnumerable();

    public StoredPicture? Picture { get; private set; }

    Task IFleetPictures.SaveAsync(StoredPicture picture, CancellationToken cancellationToken) => Task.FromResult(Picture = picture);

    Task<StoredPicture?> IFleetPictures.FindAsync(CancellationToken cancellationToken) => Task.FromResult(Picture);

    public List<RunningImage> Running { get; } = [];

    IAsyncEnumerable<RunningImage> IRunningImages.ListImagesAsync(CancellationToken cancellationToken) => Running.ToAsyncEnumerable();

    public List<string> Paused { get; } = [];

    Task IReleasePause.PauseAsync(string releaseId, string reason, CancellationToken cancellationToken) => Add(Paused, releaseId);

    public int ShardOf(string deviceId) => deviceId[^1] % 4;

    Task<DesiredState?> IDesiredStates.FindAsync(string deviceId, CancellationToken cancellationToken) => Task.FromResult(Desired.GetValueOrDefault(deviceId));

    IAsyncEnumerable<KeyValuePair<string, DesiredState>> IDesiredStates.ListAsync(CancellationToken cancellationToken) => Desired.ToAsyncEnumerable();

    public Task ChangeAsync(int shard, IReadOnlyCollection<string> devices, Func<string, DesiredState, DesiredState> change, CancellationToken cancellationToken)
    {
        foreach (var device in devices)
        {
            Assert.Equal(shard, ShardOf(device));
            Live();
            Desired[device] = change(device, Desired.GetValueOrDefault(device, DesiredState.Nothing));
        }

        return Task.CompletedTask;
    }

    Task IDesiredStates.SaveReportAsync(string deviceId, string track, ReportedState report, CancellationToken cancellationToken)
    {
        Reports[deviceId] = report;
        return Task.CompletedTask;
    }

    Task<IReadOnlyDictionary<string, ReportedState>> IDesiredStates.FindReportsAsync(string track, int shard, IReadOnlyCollection<string> devices, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, ReportedState>>(Reports.Where(r => devices.Contains(r.Key)).ToDictionary());

    IAsyncEnumerable<KeyValuePair<string, ReportedState>> IDesiredStates.ListReportsAsync(string track, CancellationToken cancellationToken) =>
        AsyncEnumerable.Empty<KeyValuePair<string, ReportedState>>();

    public ReleaseProgress Progress => new(this, this, this, new MemoryRollouts(Live), TimeProvider.System);

    /// <summary>For tracks without waves, which have no plan.</summary>
    public DryRun DryRunAtOnce(TimeProvider time) => new(this, this, this, new MemoryRollouts(Live), null!, time);

    /// <summary>For tracks without waves, which have no rollouts.</summary>
    public MakeOffers OfferAtOnce(TimeProvider time) => new(this, this, this, this, this, null!, null!, time);

    private Task<T?> Get<T>(string kind, string key)
        where T : class => Task.FromResult(_rows.TryGetValue($"{kind}/{key}", out var row) ? (T)row.Value : null);

    private Versioned<T>? Versioned<T>(string kind, string key) =>
        _rows.TryGetValue($"{kind}/{key}", out var row) ? new((T)row.Value, $"{row.Version}") : null;

    private Task<IReadOnlyList<T>> All<T>() => Task.FromResult<IReadOnlyList<T>>([.. _rows.Values.Select(r => r.Value).OfType<T>()]);

    private Task Put(string kind, string key, object value)
    {
        Live();
        _rows[$"{kind}/{key}"] = (value, _rows.GetValueOrDefault($"{kind}/{key}").Version + 1);
        return Task.CompletedTask;
    }

    private async Task<bool> TryPut(string kind, string key, object value, string? version)
    {
        var stored = _rows.TryGetValue($"{kind}/{key}", out var row) ? $"{row.Version}" : null;
        if (stored != version)
            return false;
        await Put(kind, key, value);
        return true;
    }

    private Task Add<T>(List<T> list, T item)
    {
        Live();
        lock (list)
            list.Add(item);
        return Task.CompletedTask;
    }

    internal void Live()
    {
        if (DieBefore is { } limit && Writes >= limit)
            throw new ProcessDied();
        Writes++;
    }
}

/// <summary>Nobody catches it to go on with something else.</summary>
internal sealed class ProcessDied : OperationCanceledException;
