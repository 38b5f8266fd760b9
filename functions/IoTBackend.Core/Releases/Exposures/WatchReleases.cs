using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Text;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Tags;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Releases.Exposures;

/// <summary>
/// What is out is judged again: scanners learn of vulnerabilities long after a push. One conditional request per release and turn; what is found
/// pauses the release's rollout and tells operators, by name, which devices run it.
/// </summary>
public sealed class WatchReleases(
    ITracks tracks, IReleases releases, IRegistries registries, FleetImages fleet, EvidenceReader evidence, IReleasePause pause, IAlertQueue alerts, TimeProvider time)
{
    private const int MaxRegistriesAtOnce = 8;

    private const int MaxAttempts = 8;

    /// <summary>For one registry's releases in one turn; one that drips has its others looked at in the next.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Turn = TimeSpan.FromHours(1);

    /// <summary>The gates whose verdict may change without anything being pushed.</summary>
    private static readonly Gate[] Gates = [new VulnerabilitiesGate(), new EndOfLifeGate()];

    /// <returns>What could not be looked at, by release.</returns>
    public async Task<IReadOnlyList<(string Release, Exception Error)>> RunAsync(CancellationToken cancellationToken)
    {
        var picture = await fleet.ReadAsync(cancellationToken);
        var followed = (await tracks.ListAsync(cancellationToken)).ToDictionary(t => t.Name, StringComparer.Ordinal);
        var current = new HashSet<string?>(StringComparer.Ordinal);
        foreach (var name in followed.Keys)
            current.Add((await tracks.CurrentAsync(name, cancellationToken))?.Value);
        var failed = new ConcurrentBag<(string, Exception)>();
        foreach (var gone in picture.Releases.Values.Where(r => r.Exposed is not null && !IsOut(r)))
        {
            try
            {
                await TellAsync(gone.Id, [], null, picture, cancellationToken);
            }
            catch (Exception e) when (Failures.IsOfOne(e, cancellationToken))
            {
                failed.Add((gone.Id, e));
            }
        }

        var turn = (int)(picture.At.Ticks / Turn.Ticks);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = MaxRegistriesAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(picture.Releases.Values.Where(IsOut).GroupBy(r => r.Registry), parallel, async (ofRegistry, token) =>
        {
            var begun = time.GetTimestamp();
            // In another order each turn, so that none is left out for good where not all are reached.
            foreach (var release in ofRegistry.OrderBy(r => XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(r.Id), turn)))
            {
                try
                {
                    if (time.GetElapsedTime(begun) < Patience)
                        await JudgeAsync(followed[release.Track], release, turn, picture, token);
                }
                catch (Exception e) when (RegistryRetry.IsCase(e) || Failures.IsOfOne(e, token))
                {
                    failed.Add((release.Id, e));
                    if (e is UnavailableException)
                        break;
                }
            }
        });
        return [.. failed];

        bool IsOut(Release release) => followed.ContainsKey(release.Track) && (current.Contains(release.Id) || picture.Of(release.Id).Count > 0);
    }

    /// <summary>One of them at once: it went out, or something was filed under it. What never went out counts where a device runs it all the same.</summary>
    public async Task RunAsync(Track track, Release release, CancellationToken cancellationToken)
    {
        var picture = await fleet.ReadAsync(cancellationToken);
        if (release.ActivatedAt is not null || picture.Of(release.Id).Count > 0)
            await JudgeAsync(track, release, null, picture, cancellationToken);
    }

    /// <param name="turn">Null = something new is known to be there.</param>
    private async Task JudgeAsync(Track track, Release release, int? turn, FleetPicture picture, CancellationToken cancellationToken)
    {
        if (TagPolicy.Create(track.Tags) is not { Value: { } policy } || await registries.FindAsync(release.Registry, cancellationToken) is not { } registry)
            return;
        var attached = await evidence.ReadAgainAsync(new(registry, release.Repository), release, turn, cancellationToken);
        var judged = new GateCase(track, policy, release, null, null, time.GetUtcNow(), Nothing<IReadOnlyList<Device>>([]),
            Nothing<IReadOnlyDictionary<string, DeviceModel>>(new Dictionary<string, DeviceModel>()), new(() => Task.FromResult(attached)));
        var found = new List<GateVerdict>();
        foreach (var gate in Gates)
        {
            // That no scan ever came is no finding.
            if (await gate.RunAsync(judged, cancellationToken) is { Verdict: Verdict.Held } verdict && (gate is EndOfLifeGate || attached.Reports.Any(r => r.IsScan)))
                found.Add(verdict);
        }

        await TellAsync(release.Id, found, attached, picture, cancellationToken);
    }

    /// <summary>What is to be told is stored before it is, so that told again after a crash it is the same alert.</summary>
    private async Task TellAsync(
        string id, IReadOnlyList<GateVerdict> found, AttachedEvidence? attached, FleetPicture picture, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await releases.FindAsync(id, cancellationToken) is not { Value: var release, Version: var version })
                return;
            var counts = found.Where(v => !release.IsOverridden(v)).ToList();
            var (before, now) = (release.Exposed, time.GetUtcNow());
            if (counts.Count == 0)
            {
                if (before is null)
                    return;
                await alerts.EnqueueAsync(ReleaseAlerts.NoLongerExposed(release, before, now), cancellationToken);
                if (await releases.TrySaveAsync(release with { Exposed = null }, version, cancellationToken))
                    return;
                continue;
            }

            var devices = picture.Of(id).Select(d => d.DeviceId).Distinct().ToList();
            var isKnown = before?.IsTold == true && Same(before.Verdicts, counts);
            var exposed = new ReleaseExposure(before?.Since ?? now, counts, isKnown && devices.Count <= before!.Devices, Math.Max(devices.Count, before?.Devices ?? 0));
            if (exposed.IsTold)
                return;
            release = release with { Exposed = exposed };
            if (!await releases.TrySaveAsync(release, version, cancellationToken))
                continue;
            // That more devices run it is news, but not to whoever let the rollout go on.
            if (!isKnown)
                await pause.PauseAsync(id, exposed.Reason, cancellationToken);
            await alerts.EnqueueAsync(ReleaseAlerts.Exposed(release, exposed, devices, attached?.WorstFinding, before is not null, now), cancellationToken);
            // Somebody else changed it meanwhile: it is told once more in the next turn, under the same id.
            if (await releases.FindAsync(id, cancellationToken) is { Value: { Exposed: { } stored } again, Version: var next } && Same(stored.Verdicts, counts))
                await releases.TrySaveAsync(again with { Exposed = exposed with { IsTold = true } }, next, cancellationToken);
            return;
        }

        throw new ConflictException("the release");
    }

    private static bool Same(IReadOnlyList<GateVerdict> before, IReadOnlyList<GateVerdict> now) =>
        before.Select(v => (v.Gate, v.Evidence)).SequenceEqual(now.Select(v => (v.Gate, v.Evidence)));

    private static Lazy<Task<T>> Nothing<T>(T value) => new(() => Task.FromResult(value));
}
