using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Judging;
using IoTBackend.Core.State;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>What it says of an image that devices fell silent with their group, in rising order of how well it excuses the image.</summary>
public enum Excuse
{
    /// <summary>Nobody else of their kind is there, or some are silent as well and more are heard: an outage, or the image.</summary>
    CannotTell,

    /// <summary>All that are silent had just been told, and members of their models that were not are heard.</summary>
    None,

    /// <summary>Members that were not told, or were through with it, fell silent as well, as many as are heard.</summary>
    Outage,
}

/// <param name="Group">The group it was told by.</param>
/// <param name="RaisedAt">When; tells it from the group's next one.</param>
public sealed record GroupSilence(string Group, DateTimeOffset RaisedAt, Excuse Excuse);

/// <summary>
/// Tells a site without power from an image that silences a site: power takes members that were not told as well. Asked only while devices
/// that were told are silent with their group.
/// </summary>
public sealed class GroupSilences(IGroupStates groups, IDeviceRegistry registry, IDesiredStates desired, Sightings sightings)
{
    /// <summary>Members of each kind that are asked about, at most.</summary>
    private const int MostAsked = 200;

    /// <summary>By device; of whom no group speaks is missing.</summary>
    /// <param name="release">What they were told.</param>
    /// <param name="rollout">Told them.</param>
    /// <param name="devices">That are silent with their group.</param>
    /// <param name="now">When they are.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyDictionary<string, GroupSilence>> ReadAsync(
        Release release, StagedRollout rollout, IReadOnlyCollection<string> devices, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var silences = new Dictionary<string, GroupSilence>(StringComparer.Ordinal);
        if (devices.Count == 0)
            return silences;
        var sites = (await groups.ListAsync(cancellationToken)).Select(r => new Site(r.Group, r.State, [.. devices.Where(id => r.State.SpeaksFor(id, now))], now)).Where(s => s.Told.Count > 0).ToList();
        var silent = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var site in sites)
            silent[site.Group] = await SilentAsync(release, rollout, site, cancellationToken);
        var open = sites.Where(s => silent[s.Group] < s.HeardAtMost).ToList();
        var others = open.Count == 0 ? [] : await OthersAsync(open, cancellationToken);
        foreach (var site in sites)
        {
            var heard = others.TryGetValue(site.Group, out var asked) ? await HeardAsync(release, rollout, asked, site.Happened, cancellationToken) : 0;
            var silence = new GroupSilence(site.Group, site.Since, site.Says(silent[site.Group], heard));
            foreach (var id in site.Told.Where(id => !silences.TryGetValue(id, out var other) || other.Excuse < silence.Excuse))
                silences[id] = silence;
        }

        return silences;
    }

    /// <summary>Members that are not silent, of the models of those that are, by group: the registry is read once, however many groups are silent.</summary>
    private async Task<Dictionary<string, List<string>>> OthersAsync(List<Site> sites, CancellationToken cancellationToken)
    {
        var wanted = sites.ToDictionary(s => s.Group, StringComparer.Ordinal);
        var (models, members) = (new HashSet<(string, string?)>(), new Dictionary<(string Group, string? Model), List<string>>());
        await foreach (var device in registry.ListAsync(cancellationToken))
        {
            foreach (var group in device.Groups)
            {
                if (!wanted.TryGetValue(group, out var site))
                    continue;
                if (site.Told.Contains(device.Id))
                    models.Add((group, device.Model));
                else if (!site.IsSilent(device.Id) && members.GetValueOrDefault((group, device.Model)) is var list && !(list?.Count >= MostAsked))
                    (members[(group, device.Model)] = list ?? []).Add(device.Id);
            }
        }

        return sites.ToDictionary(s => s.Group, s => members.Where(m => m.Key.Group == s.Group && models.Contains(m.Key)).SelectMany(m => m.Value).Take(MostAsked).ToList(), StringComparer.Ordinal);
    }

    /// <summary>How many members that were not told, or were through with it, fell silent as well; some may be back before those that were told.</summary>
    private async Task<int> SilentAsync(Release release, StagedRollout rollout, Site site, CancellationToken cancellationToken)
    {
        var (silent, count) = (site.Silent(site.Happened).Order(StringComparer.Ordinal).Take(MostAsked).ToList(), 0);
        var seen = await sightings.ReadAsync(rollout.Track, silent, rollout.Fleet, cancellationToken);
        foreach (var id in silent)
        {
            if (seen.TryGetValue(id, out var member) && (IsThrough(release, rollout, member, site.FellSilent(id, member)) || !await IsToldAsync(release, id, cancellationToken)))
                count++;
        }

        return count;
    }

    /// <summary>How many of them were not told, and were heard since.</summary>
    private async Task<int> HeardAsync(Release release, StagedRollout rollout, List<string> others, DateTimeOffset happened, CancellationToken cancellationToken)
    {
        var count = 0;
        foreach (var (id, member) in await sightings.ReadAsync(rollout.Track, others, rollout.Fleet, cancellationToken))
        {
            if (member.LastSeen > happened && !await IsToldAsync(release, id, cancellationToken))
                count++;
        }

        return count;
    }

    private async Task<bool> IsToldAsync(Release release, string device, CancellationToken cancellationToken) =>
        (await desired.FindAsync(device, cancellationToken))?.Of(release.Track)?.Release == release.Id;

    /// <summary>It ran the image for the soak before it fell silent.</summary>
    private static bool IsThrough(Release release, StagedRollout rollout, Sighting member, DateTimeOffset? fellSilent) =>
        release.Platforms.Any(p => member.Names(release.Digest, p.Digest)) && member.DigestSince + rollout.Rules.Soak <= fellSilent;

    /// <summary>A group that speaks for devices that were told.</summary>
    private sealed record Site(string Group, GroupOutageState State, HashSet<string> Told, DateTimeOffset Now)
    {
        /// <summary>By then what silenced them had happened.</summary>
        public DateTimeOffset Happened => Told.Max(id => State.SilentMembers[id].BeganBefore);

        public DateTimeOffset Since => State.RaisedAt ?? State.DegradedAt ?? State.BadSince ?? Happened;

        /// <summary>Members that are neither silent nor just back, as far as it is known without looking.</summary>
        public int HeardAtMost => State.RaisedAt is null ? int.MaxValue : State.Active - State.Members.Count;

        public IEnumerable<string> Silent(DateTimeOffset happened) => State.SilentMembers.Where(m => m.Value.Since <= happened && State.SpeaksFor(m.Key, Now)).Select(m => m.Key).Concat(State.Returned.Keys);

        public bool IsSilent(string id) => State.SpeaksFor(id, Now) || State.Returned.ContainsKey(id);

        public DateTimeOffset? FellSilent(string id, Sighting member) => State.Returned.ContainsKey(id) ? State.Since : member.LastSeen;

        /// <summary>A site that is heard badly has members that are heard, and others that are not, by chance.</summary>
        public Excuse Says(int silent, int heard) =>
            silent == 0 ? heard == 0 || State.RaisedAt is null || State.IsHeardBadly ? Excuse.CannotTell : Excuse.None
            : silent >= heard ? Excuse.Outage : Excuse.CannotTell;
    }
}
