using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Judging;
using IoTBackend.Core.State;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>What it says of an image that devices fell silent with their group, in rising order of how well it excuses the image.</summary>
public enum Excuse
{
    /// <summary>All that are silent had just been told, and nobody else was heard since: an outage, or the image.</summary>
    CannotTell,

    /// <summary>All that are silent had just been told, and members that were not are heard.</summary>
    None,

    /// <summary>Members that were not told, or were through with it, fell silent as well.</summary>
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
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyDictionary<string, GroupSilence>> ReadAsync(
        Release release, StagedRollout rollout, IReadOnlyCollection<string> devices, CancellationToken cancellationToken)
    {
        var silences = new Dictionary<string, GroupSilence>(StringComparer.Ordinal);
        if (devices.Count == 0)
            return silences;
        var rows = (await groups.ListAsync(cancellationToken)).Where(r => devices.Any(r.State.Attached.Contains)).ToList();
        var excuses = new Dictionary<string, Excuse>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (await IsOutageAsync(release, rollout, row, Happened(row, devices), cancellationToken))
                excuses[row.Group] = Excuse.Outage;
        }

        var open = rows.Where(r => !excuses.ContainsKey(r.Group)).ToList();
        var others = open.Count == 0 ? [] : await OthersAsync(open, cancellationToken);
        foreach (var row in open)
            excuses[row.Group] = await IsHeardAsync(release, rollout, others[row.Group], Happened(row, devices), cancellationToken) ? Excuse.None : Excuse.CannotTell;
        foreach (var row in rows)
        {
            var silence = new GroupSilence(row.Group, row.State.RaisedAt ?? Happened(row, devices), excuses[row.Group]);
            foreach (var id in devices.Where(id => row.State.Attached.Contains(id) && (!silences.TryGetValue(id, out var other) || other.Excuse < silence.Excuse)))
                silences[id] = silence;
        }

        return silences;
    }

    /// <summary>By then what silenced them had happened.</summary>
    private static DateTimeOffset Happened(GroupRow row, IReadOnlyCollection<string> devices) =>
        devices.Where(row.State.Attached.Contains).Max(id => row.State.SilentMembers[id].BeganBefore);

    /// <summary>Members that are not silent, by group: the registry is read once, however many groups are silent.</summary>
    private async Task<Dictionary<string, List<string>>> OthersAsync(List<GroupRow> rows, CancellationToken cancellationToken)
    {
        var others = rows.ToDictionary(r => r.Group, _ => new List<string>(), StringComparer.Ordinal);
        var wanted = rows.ToDictionary(r => r.Group, r => r.State.Attached, StringComparer.Ordinal);
        await foreach (var device in registry.ListAsync(cancellationToken))
        {
            foreach (var group in device.Groups.Where(g => wanted.TryGetValue(g, out var silent) && !silent.Contains(device.Id)))
            {
                others[group].Add(device.Id);
                if (others[group].Count == MostAsked)
                    wanted.Remove(group);
            }

            if (wanted.Count == 0)
                break;
        }

        return others;
    }

    /// <summary>Members that were not told, or were through with it, fell silent as well; some may be back before those that were told.</summary>
    private async Task<bool> IsOutageAsync(Release release, StagedRollout rollout, GroupRow row, DateTimeOffset happened, CancellationToken cancellationToken)
    {
        var silent = row.State.Attached.Where(id => row.State.SilentMembers[id].Since <= happened).Concat(row.State.Returned.Keys).Order(StringComparer.Ordinal).Take(MostAsked).ToList();
        var seen = await sightings.ReadAsync(rollout.Track, silent, rollout.Fleet, cancellationToken);
        foreach (var id in silent)
        {
            if (seen.TryGetValue(id, out var member)
                && (IsThrough(release, rollout, member, row.State.Returned.ContainsKey(id) ? row.State.Since : member.LastSeen) || !await IsToldAsync(release, id, cancellationToken)))
                return true;
        }

        return false;
    }

    /// <summary>Members that were not told were heard since.</summary>
    private async Task<bool> IsHeardAsync(Release release, StagedRollout rollout, List<string> others, DateTimeOffset happened, CancellationToken cancellationToken)
    {
        foreach (var (id, member) in await sightings.ReadAsync(rollout.Track, others, rollout.Fleet, cancellationToken))
        {
            if (member.LastSeen > happened && !await IsToldAsync(release, id, cancellationToken))
                return true;
        }

        return false;
    }

    private async Task<bool> IsToldAsync(Release release, string device, CancellationToken cancellationToken) =>
        (await desired.FindAsync(device, cancellationToken))?.Of(release.Track)?.Release == release.Id;

    /// <summary>It ran the image for the soak before it fell silent.</summary>
    private static bool IsThrough(Release release, StagedRollout rollout, Sighting member, DateTimeOffset? fellSilent) =>
        release.Platforms.Any(p => member.Names(release.Digest, p.Digest)) && member.DigestSince + rollout.Rules.Soak <= fellSilent;
}
