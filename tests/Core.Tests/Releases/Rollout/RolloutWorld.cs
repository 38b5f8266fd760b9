using Core.Tests.State;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.State;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Releases.Rollout;

/// <summary>A fleet that reports and updates, and the rollouts of one track over it; everything real but the stores.</summary>
internal sealed class RolloutWorld : IDeviceCatalog
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly DevicePolicies _policies;
    private readonly TimeSpan _interval;

    /// <param name="rules">Of the track.</param>
    /// <param name="devices">How many there are.</param>
    /// <param name="interval">Between their reports.</param>
    public RolloutWorld(TrackRollout? rules = null, int devices = 40, TimeSpan? interval = null)
    {
        _interval = interval ?? Interval;
        Rollouts = new(Stores.Live);
        _policies = new(this);
        Track = new() { Name = "sensor", Registry = "r.example.com", Repository = "fleet/sensor", Targets = new() { Groups = ["*"] }, Rollout = rules ?? Quick };
        Stores.SaveAsync(Track, default).Wait();
        for (var i = 0; i < devices; i++)
            Register($"device-{i:d4}");
    }

    public static TrackRollout Quick => new() { Waves = [10, 50, 100], MinimumSample = 2, Soak = TimeSpan.FromMinutes(5), MaxFailurePercent = 20, PacePerMinute = 100_000 };

    public FakeTimeProvider Time { get; } = new(new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));

    public MemoryStores Stores { get; } = new();

    public MemoryDeviceStates States { get; } = new();

    public MemoryGroups Groups { get; } = new();

    public MemoryRollouts Rollouts { get; }

    public Track Track { get; private set; }

    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>What a device runs, whatever it was told; by default what it was told.</summary>
    public Dictionary<string, string> Runs { get; } = [];

    /// <summary>Devices that say nothing.</summary>
    public HashSet<string> Silent { get; } = [];

    /// <summary>What a device's report says beside its image; by default nothing.</summary>
    public Func<string, Reading, Reading> Says { get; set; } = (_, reading) => reading;

    public Sightings Sightings => new(States, _policies, Time);

    public PlanRollout Plan => new(Rollouts, Stores, Stores, Stores, Stores, Stores, Sightings, Time);

    public JoinDevices Join => new(Rollouts, Stores, Stores, Stores, Plan, Time);

    public StartRollout Start => new(Rollouts, Stores, Join, Time);

    public RunRollout Run => RunWith(Stores);

    public RunRollout RunWith(IDesiredStates states) => new(Rollouts, Stores, states, Sightings, new(Groups, Stores, states, Sightings), Plan, new(Stores, Stores, this, Stores), Stores, Time);

    public MakeOffers Offer => new(Stores, Stores, Stores, Stores, Stores, Start, Run, Time);

    public ReleaseProgress Progress => new(Stores, Stores, Stores, Rollouts, Time);

    public DryRun DryRun => new(Stores, Stores, Stores, Rollouts, Plan, Time);

    public OperateRollout Operate => new(Rollouts, Stores, Stores, Stores, Time);

    public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) => new(Stores.Devices.GetValueOrDefault(deviceId));

    public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => new(Stores.Models.GetValueOrDefault(model));

    public void Register(string id, Func<Device, Device>? more = null)
    {
        var device = new Device { Id = id, Platform = "linux/arm64", Groups = ["all"], ReportingInterval = _interval, RegisteredAt = Now, KeyGeneration = 1 };
        Stores.Devices[id] = more?.Invoke(device) ?? device;
    }

    public async Task SetRulesAsync(TrackRollout rules) => await Stores.SaveAsync(Track = Track with { Rollout = rules }, default);

    /// <summary>Another track for the same devices, by the same rules.</summary>
    public Task AddTrackAsync(string name) => Stores.SaveAsync(Track with { Name = name, Repository = $"fleet/{name}" }, default);

    /// <summary>A release has passed its gates.</summary>
    public async Task<Release> PushAsync(string tag, string track = "sensor")
    {
        var digest = $"sha256:{tag.GetHashCode(StringComparison.Ordinal):x8}{new string('0', 56)}";
        var release = new Release
        {
            Id = Release.IdOf(track, digest),
            Track = track,
            Registry = Track.Registry,
            Repository = $"fleet/{track}",
            Digest = digest,
            MediaType = MediaTypes.OciIndex,
            Tag = tag,
            Tags = [tag],
            FirstSeenAt = Now,
            ActivatedAt = Now,
            Platforms = [new("linux/arm64", $"sha256:{tag}", 1_000_000)],
        };
        if (await Stores.FindAsync(release.Id, default) is null)
            await Stores.TrySaveAsync(release, null, default);
        await Stores.TrySetCurrentAsync(track, release.Id, await Stores.CurrentAsync(track, default), default);
        Stores.Work.Add(new OfferWork(track));
        return release;
    }

    /// <summary>What the queue holds, then the timer's turn; a process that dies leaves the rest to the next.</summary>
    public async Task TickAsync()
    {
        while (Stores.Work.Count > 0)
        {
            if (Stores.Work[0] is OfferWork { Rollout: { } release })
                await Run.RunAsync(release, default);
            else if (Stores.Work[0] is OfferWork offer)
                await Offer.RunAsync(offer.Track, default);
            Stores.Work.RemoveAt(0);
        }

        await Run.RunAsync(default);
    }

    /// <summary>Every device that is not silent reports once, then the silences are judged.</summary>
    public async Task ReportAsync()
    {
        foreach (var id in Stores.Devices.Keys)
        {
            if (await _policies.FindAsync(id, default) is not var (_, policy))
                continue;
            var record = States.Records.GetValueOrDefault(id);
            if (!Silent.Contains(id))
            {
                var told = Stores.Desired.GetValueOrDefault(id)?.Of("sensor")?.Image.Split('@')[1];
                Detectors.Observe(policy, ref record.Detection, Says(id, new Reading { Track = "sensor", Digest = Runs.GetValueOrDefault(id) ?? told }), Now, []);
                record.LastSeen = Now;
            }

            Detectors.Judge(policy, ref record.Detection, Now, default, []);
            States.Records[id] = record;
        }
    }

    /// <summary>Report by report, everybody doing what they do.</summary>
    public async Task LiveAsync(int reports)
    {
        for (var i = 0; i < reports; i++)
        {
            await ReportAsync();
            await TickAsync();
            Time.Advance(_interval);
        }
    }

    public async Task<bool> UntilAsync(Func<bool> holds, int minutes = 600)
    {
        for (var i = 0; i < minutes && !holds(); i++)
            await LiveAsync(1);
        return holds();
    }

    public StagedRollout Of(Release release) => Rollouts.Latest(release.Id) ?? throw new InvalidOperationException("It has no rollout.");

    public RolloutDevice Device(Release release, string id) => Rollouts.Blocks(Of(release)).SelectMany(b => b.Devices).Single(d => d.Id == id);

    public IEnumerable<string> Told(Release release) => Stores.Desired.Where(d => d.Value.Of("sensor")?.Release == release.Id).Select(d => d.Key);
}
