using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>What changes of members mean for their group.</summary>
/// <param name="Signals">About the group: opened, revised (members joined or came back), cleared.</param>
/// <param name="Attach">Devices the open outage now speaks for: to be told with <see cref="Detectors.Attach"/>.</param>
/// <param name="Detach">Devices that are still silent although their outage is over: to be told with <see cref="Detectors.Detach"/>.</param>
/// <param name="Alone">Devices that are silent while the others report: to be told with <see cref="Detectors.Alone"/>.</param>
public sealed record GroupOutageChange(IReadOnlyList<Signal> Signals, IReadOnlyList<string> Attach, IReadOnlyList<string> Detach, IReadOnlyList<string> Alone)
{
    public static GroupOutageChange None { get; } = new([], [], [], []);
}

/// <summary>
/// Many that fell silent together are one incident with its members attached, whose own silence is quiet. Members are counted
/// from the moment they are overdue, that is before their own alert is due.
/// </summary>
/// <remarks>
/// <para>What silenced a member happened between its latest message and the time it was overdue, or ten intervals. Silences are one event where these
/// times form an unbroken chain; who fell silent last month or yesterday is no witness of what happens today. Every silence is told
/// once: by the outage, as long as the device stays away with it, else by the device. A member that is heard leaves; when half of those named have left, their
/// common cause is no longer there, the outage ends, and who still stays away is a silence of its own.</para>
/// <para>How it is fed. Whoever calls Observe or Judge compares <see cref="DetectionState.Status"/> before and after; on a
/// change it makes a <see cref="MemberChange"/> for each group of the device. The sweep judges its devices shard by shard,
/// collects the changes, applies them here group by group (one row per group, by ETag), and calls
/// <see cref="Detectors.Attach"/>, <see cref="Detectors.Detach"/> or <see cref="Detectors.Alone"/> on the devices named. Order within a sweep: all Judge
/// calls, then the groups, then the signals leave; so a member that became overdue and offline in the same sweep is still quiet.</para>
/// <para>A change may be applied twice and late: both are harmless. A return between two looks shows by the later silence's beginning.</para>
/// </remarks>
public static class GroupOutageDetector
{
    /// <summary>Sweeps and networks take so long to tell apart what happened at once.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    private const double ShareOfFull = 0.9;

    /// <param name="policy">The group's rules.</param>
    /// <param name="group">The group's name.</param>
    /// <param name="state">What is known of the group; changed in place.</param>
    /// <param name="changes">What happened to its members.</param>
    /// <param name="now">When it was seen.</param>
    /// <param name="activeMembers">Members heard within their last day or ten intervals, silent or not.</param>
    public static GroupOutageChange Observe(
        GroupOutagePolicy policy, string group, GroupOutageState state, IReadOnlyCollection<MemberChange> changes, DateTimeOffset now, int activeMembers)
    {
        var named = state.Attached.Count;
        foreach (var (id, _) in state.SilentMembers.Where(m => m.Value.Until < now && !state.Attached.Contains(m.Key)))
            state.SilentMembers.Remove(id);
        var room = GroupOutageState.MaxIdBytes - state.IdBytes;
        foreach (var change in changes)
            Take(state, in change, now, ref room);
        var left = state.Attached.Count;
        var (signals, attach, detach) = (new List<Signal>(), new List<string>(), new List<string>());
        if (state.RaisedAt is not null)
            attach.AddRange(Join(state));
        var together = Together(state);
        var isQuorum = IsQuorum(policy, state, together, now, activeMembers);
        if (state.RaisedAt is not null)
        {
            if (isQuorum || Ends(policy, state))
                signals.Add(Clear(group, state, now, detach));
            else if (attach.Count > 0 || left < named)
                signals.Add(Said(state, AlertChange.Revised, now, $"{state.Attached.Count} of {state.Active} active members of {group} are silent."));
        }
        if (isQuorum)
        {
            signals.Add(Open(group, state, together, now, activeMembers));
            attach.AddRange(together);
        }
        List<string> alone = state.DegradedAt is not null || 2 * Gone(state, now) > activeMembers ? [] : [.. changes.Where(c => c.Status == ConnectivityStatus.Offline && !state.Attached.Contains(c.DeviceId)).Select(c => c.DeviceId)];
        attach.RemoveAll(detach.Contains);
        return signals.Count + attach.Count + detach.Count + alone.Count == 0 ? GroupOutageChange.None : new(signals, attach, detach, alone);
    }

    private static void Take(GroupOutageState state, in MemberChange change, DateTimeOffset now, ref int room)
    {
        var known = state.SilentMembers.TryGetValue(change.DeviceId, out var before);
        var wasHeard = known && (!change.IsSilent || change.SilentSince > before.Since);
        if (wasHeard && state.Attached.Remove(change.DeviceId))
            state.Returned[change.DeviceId] = change.IsSilent ? change.SilentSince : now;
        if (!change.IsSilent)
        {
            state.SilentMembers.Remove(change.DeviceId);
            return;
        }
        if (known ? !wasHeard : room <= 0 || state.SilentMembers.Count >= GroupOutageState.MaxMembers)
            return;
        room -= known ? 0 : change.DeviceId.Length;
        state.SilentMembers[change.DeviceId] = new(change.SilentSince, change.SilentSince + MemberChange.ActiveFor(change.Interval), change.BeganBefore);
    }

    /// <summary>Silent members no outage speaks for or has spoken for, in the order they were heard last.</summary>
    private static List<string> Unexplained(GroupOutageState state) =>
        [.. state.SilentMembers.Where(m => !m.Value.IsAlone && !state.Attached.Contains(m.Key)).OrderBy(m => m.Value.Since).Select(m => m.Key)];

    /// <summary>The most members whose silences may have begun together.</summary>
    private static List<string> Together(GroupOutageState state)
    {
        var (most, chain, end) = (new List<string>(), new List<string>(), DateTimeOffset.MinValue);
        foreach (var id in Unexplained(state))
        {
            var member = state.SilentMembers[id];
            if (chain.Count > 0 && member.Since > end + Slack)
                chain = [];
            end = chain.Count == 0 || member.BeganBefore > end ? member.BeganBefore : end;
            chain.Add(id);
            if (chain.Count >= most.Count)
                most = chain;
        }
        return most;
    }

    /// <summary>
    /// Members silent for another reason are not in use: they neither witness nor count. Where more are silent than are remembered, as many as can be
    /// remembered are enough, of however large a group.
    /// </summary>
    private static bool IsQuorum(GroupOutagePolicy policy, GroupOutageState state, List<string> together, DateTimeOffset now, int active) =>
        together.Count >= policy.MinimumMembers
        && (together.Count >= policy.Quorum * (active - (Gone(state, now) - together.Count)) || (state.IsFull && together.Count >= ShareOfFull * state.SilentMembers.Count));

    /// <summary>Silent members that still count as active.</summary>
    private static int Gone(GroupOutageState state, DateTimeOffset now) => state.SilentMembers.Values.Count(m => m.Until >= now);

    private static Signal Open(string group, GroupOutageState state, List<string> together, DateTimeOffset now, int active)
    {
        state.RaisedAt = now;
        state.Since = state.SilentMembers[together[0]].Since;
        state.Active = Math.Max(together.Count, active - (Gone(state, now) - together.Count));
        state.Attached.UnionWith(together);
        return Said(state, AlertChange.Opened, now, $"{together.Count} of {state.Active} active members of {group} fell silent together.");
    }

    /// <summary>Those whose silence is linked to the outage's beginning, and those that were heard again for a moment only.</summary>
    private static List<string> Join(GroupOutageState state)
    {
        var (joined, end) = (new List<string>(), state.Attached.Select(id => state.SilentMembers[id].BeganBefore).DefaultIfEmpty().Max());
        foreach (var id in Unexplained(state))
        {
            var member = state.SilentMembers[id];
            var isMoment = state.Returned.TryGetValue(id, out var back) && member.Since - back <= member.BeganBefore - member.Since;
            if (!isMoment && (member.Since > end + Slack || member.BeganBefore + Slack < state.Since))
                continue;
            if (!isMoment && member.BeganBefore > end)
                end = member.BeganBefore;
            state.Returned.Remove(id);
            joined.Add(id);
        }
        state.Attached.UnionWith(joined);
        state.Active = Math.Max(state.Active, state.Members.Count);
        return joined;
    }

    /// <summary>Half of those it silenced are heard again: what they had in common works.</summary>
    private static bool Ends(GroupOutagePolicy policy, GroupOutageState state) =>
        state.Attached.Count < policy.MinimumMembers || state.Attached.Count <= state.Returned.Count;

    private static Signal Clear(string group, GroupOutageState state, DateTimeOffset now, List<string> detach)
    {
        detach.AddRange(state.Attached);
        var left = state.Attached.Count;
        var summary = left == 0 ? $"All members of {group} are back." : $"{state.Returned.Count} of {state.Members.Count} silent members of {group} are back.";
        var said = Said(state, AlertChange.Cleared, now, summary);
        foreach (var id in state.Attached)
            state.SilentMembers[id] = state.SilentMembers[id] with { IsAlone = true };
        (state.RaisedAt, state.Since, state.Active) = (null, null, 0);
        state.Attached.Clear();
        state.Returned.Clear();
        return said;
    }

    private static Signal Said(GroupOutageState state, AlertChange change, DateTimeOffset at, string summary)
    {
        var evidence = new Dictionary<string, object>
        {
            ["members"] = state.Members.Order(StringComparer.Ordinal).ToArray(),
            ["silent"] = state.Attached.Count,
            ["active"] = state.Active,
            ["since"] = (state.Since ?? at).ToString("O"),
        };
        return new(AlertKind.GroupOutage, change, Severity.Critical, state.RaisedAt ?? at, at, summary, SilenceCause.Gateway.Name(), evidence);
    }
}
