using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>What one change of a member means for its group.</summary>
/// <param name="Signals">About the group: opened, revised (members joined), cleared.</param>
/// <param name="Attach">Devices that now belong to the open outage: to be told with <see cref="Detectors.Attach"/>.</param>
/// <param name="Detach">Devices that are still silent after the outage ended: to be told with <see cref="Detectors.Detach"/>.</param>
public sealed record GroupOutageChange(IReadOnlyList<Signal> Signals, IReadOnlyList<string> Attach, IReadOnlyList<string> Detach)
{
    public static GroupOutageChange None { get; } = new([], [], []);
}

/// <summary>
/// Many silent at once by group: one incident with its members attached, whose own silence is quiet. Members are counted
/// from the moment they are overdue, that is before their own alert is due.
/// </summary>
/// <remarks>
/// <para>How it is fed. Whoever calls Observe or Judge compares <see cref="DetectionState.Status"/> before and after; on a
/// change it makes a <see cref="MemberChange"/> for each group of the device. The sweep judges its devices shard by shard,
/// collects the changes, applies them here group by group (one row per group, by ETag), and calls
/// <see cref="Detectors.Attach"/> or <see cref="Detectors.Detach"/> on the devices named. Order within a sweep: all Judge
/// calls, then the groups, then the signals leave; so a member that became overdue and offline in the same sweep is still quiet.</para>
/// <para>A change may be applied twice and late: both are harmless. A lost return leaves a member silent in the group until
/// it is no longer counted as active.</para>
/// </remarks>
public static class GroupOutageDetector
{
    /// <param name="policy">The group's rules.</param>
    /// <param name="group">The group's name.</param>
    /// <param name="state">What is known of the group; changed in place.</param>
    /// <param name="change">What happened to one member.</param>
    /// <param name="activeMembers">Members heard within their last day or ten intervals, silent or not.</param>
    public static GroupOutageChange Observe(GroupOutagePolicy policy, string group, GroupOutageState state, in MemberChange change, int activeMembers)
    {
        Count(state, in change);
        var silent = state.SilentMembers.Count;
        var needed = Math.Max(policy.MinimumMembers, policy.Quorum * activeMembers);
        if (state.RaisedAt is null)
            return silent >= needed ? Open(group, state, change.At, activeMembers) : GroupOutageChange.None;
        return silent < Math.Max(policy.MinimumMembers, 0.5 * needed)
            ? Clear(group, state, change.At)
            : Join(group, state, in change, activeMembers);
    }

    private static void Count(GroupOutageState state, in MemberChange change)
    {
        var now = change.At;
        foreach (var (id, member) in state.SilentMembers)
        {
            if (member.Until < now && !state.Attached.Contains(id))
                state.SilentMembers.Remove(id);
        }
        if (change.Status is not (ConnectivityStatus.Overdue or ConnectivityStatus.Offline))
            state.SilentMembers.Remove(change.DeviceId);
        else if (state.SilentMembers.Count < GroupOutageState.MaxMembers || state.SilentMembers.ContainsKey(change.DeviceId))
            state.SilentMembers[change.DeviceId] = new(change.SilentSince, change.SilentSince + MemberChange.ActiveFor(change.Interval));
    }

    private static GroupOutageChange Open(string group, GroupOutageState state, DateTimeOffset at, int active)
    {
        state.RaisedAt = at;
        state.Since = state.SilentMembers.Values.Min(m => m.Since);
        state.Attached.UnionWith(state.SilentMembers.Keys);
        var silent = state.SilentMembers.Count;
        return new([Said(state, AlertChange.Opened, at, $"{silent} of {active} active members of {group} fell silent together.", active)], [.. state.Attached], []);
    }

    private static GroupOutageChange Join(string group, GroupOutageState state, in MemberChange change, int active)
    {
        if (!state.SilentMembers.ContainsKey(change.DeviceId))
            return GroupOutageChange.None;
        if (!state.Attached.Add(change.DeviceId))
            return GroupOutageChange.None;
        var summary = $"{state.SilentMembers.Count} of {active} active members of {group} are silent.";
        return new([Said(state, AlertChange.Revised, change.At, summary, active)], [change.DeviceId], []);
    }

    private static GroupOutageChange Clear(string group, GroupOutageState state, DateTimeOffset at)
    {
        string[] left = [.. state.SilentMembers.Keys];
        var summary = left.Length == 0 ? $"All members of {group} are back." : $"The members of {group} are back but {left.Length}.";
        var said = Said(state, AlertChange.Cleared, at, summary, null);
        state.RaisedAt = null;
        state.Since = null;
        state.Attached.Clear();
        return new([said], [], left);
    }

    private static Signal Said(GroupOutageState state, AlertChange change, DateTimeOffset at, string summary, int? active)
    {
        var evidence = new Dictionary<string, object>
        {
            ["members"] = state.Attached.Order(StringComparer.Ordinal).ToArray(),
            ["silent"] = state.SilentMembers.Count,
            ["since"] = (state.Since ?? at).ToString("O"),
        };
        if (active is { } count)
            evidence["active"] = count;
        return new(AlertKind.GroupOutage, change, Severity.Critical, state.RaisedAt ?? at, at, summary, SilenceCause.Gateway.Name(), evidence);
    }
}
