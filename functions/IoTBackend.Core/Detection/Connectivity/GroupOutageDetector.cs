using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>What changes of members mean for their group. Whom the group speaks for now is said by its state: <see cref="GroupOutageState.SpeaksFor"/>.</summary>
/// <param name="Signals">About the group: opened, revised (members joined or came back), cleared.</param>
/// <param name="Alone">Devices that are silent while the others report: to be told with <see cref="Detectors.Alone"/>.</param>
public sealed record GroupOutageChange(IReadOnlyList<Signal> Signals, IReadOnlyList<string> Alone)
{
    public static GroupOutageChange None { get; } = new([], []);
}

/// <summary>
/// Many that fell silent together are one incident with its members attached, whose own silence is quiet. Members are counted
/// from the moment they are overdue, that is before their own alert is due.
/// </summary>
/// <remarks>
/// <para>What silenced a member happened between its latest message and the time it was overdue, or ten intervals. Silences are one event where these
/// times form an unbroken chain; who fell silent last month or yesterday is no witness of what happens today. While nobody is back, whoever falls silent within
/// a day of the others joins. Every silence is told
/// once: by the outage, as long as the device stays away with it, else by the device. A member that is heard leaves; when half of those named have left, their
/// common cause is no longer there, the outage ends, and who still stays away is a silence of its own.</para>
/// <para>A site that is heard badly looks like outages that come and go. Where most of what it usually says is lost, or most of those heard have just lost
/// messages, it is one outage that lasts until the site is heard well again: whoever falls silent meanwhile joins it.</para>
/// <para>How it is fed. Whoever calls Observe or Judge makes a <see cref="MemberChange"/> of each member that is, or was, silent, for each group of the
/// device. The sweep judges its devices shard by shard,
/// collects the changes, applies them here group by group (one row per group, by ETag), and tells the devices what <see cref="MemberTelling"/> says. Order within a sweep: all Judge
/// calls, then the groups, then the signals leave; so a member that became overdue and offline in the same sweep is still quiet.</para>
/// <para>A change may be applied twice and late: both are harmless. A return between two looks shows by the later silence's beginning.</para>
/// </remarks>
public static class GroupOutageDetector
{
    /// <summary>Sweeps and networks take so long to tell apart what happened at once.</summary>
    internal static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    private const double ShareOfFull = 0.9;

    /// <param name="policy">The group's rules.</param>
    /// <param name="group">The group's name.</param>
    /// <param name="state">What is known of the group; changed in place.</param>
    /// <param name="changes">What happened to its members, and how those are that were silent.</param>
    /// <param name="now">When it was seen.</param>
    /// <param name="activeMembers">Members heard within their last day or ten intervals, silent or not.</param>
    /// <param name="hearing">How well they are heard.</param>
    public static GroupOutageChange Observe(
        GroupOutagePolicy policy, string group, GroupOutageState state, IReadOnlyCollection<MemberChange> changes, DateTimeOffset now, int activeMembers, GroupHearing hearing)
    {
        var named = state.Attached.Count;
        // Nobody who has still to be told that the group speaks for it no longer.
        var spokenFor = changes.Where(c => c.IsAttached).Select(c => c.DeviceId).ToHashSet(StringComparer.Ordinal);
        var expired = state.DegradedAt is not null ? [] : state.SilentMembers.Where(m => m.Value.Until < now && !state.Attached.Contains(m.Key) && !spokenFor.Contains(m.Key)).ToList();
        var room = GroupOutageState.MaxIdBytes - state.IdBytes - state.Returned.Keys.Sum(id => id.Length);
        foreach (var change in changes)
            Take(state, in change, now, ref room);
        foreach (var (id, _) in expired.Where(m => state.SilentMembers.TryGetValue(m.Key, out var silent) && silent.Since == m.Value.Since))
            state.SilentMembers.Remove(id);
        var (left, signals) = (state.Attached.Count, new List<Signal>());
        var joined = state.RaisedAt is not null && Join(state);
        var together = Together(state);
        var isQuorum = IsQuorum(policy, state, together, now, activeMembers);
        // Once it was told that the site is heard badly, only members that are silent together are more than that.
        var isLost = state.DegradedAt is null && GroupDegradedDetector.IsLost(policy, hearing);
        if (state.RestlessUntil <= now)
            state.RestlessUntil = null;
        if (state.RaisedAt is not null)
        {
            // Who comes back of a site that is heard badly has not come back for long.
            state.IsHeardBadly |= GroupDegradedDetector.IsBad(policy, hearing) && Ends(policy, state);
            if (state.IsHeardBadly ? GroupDegradedDetector.IsGood(policy, hearing) && Ends(policy, state) : isQuorum || Ends(policy, state))
                signals.Add(Clear(group, state, now));
            else if (joined || left < named)
                signals.Add(Said(state, AlertChange.Revised, now, $"{state.Attached.Count} of {state.Active} active members of {group} are silent."));
        }
        if (state.RaisedAt is null && (isQuorum || isLost))
        {
            state.IsHeardBadly = isLost || ((hearing.IsRestless || state.RestlessUntil is not null) && GroupDegradedDetector.CanTell(policy, hearing));
            signals.Add(Open(group, state, state.IsHeardBadly ? [.. (isQuorum ? together : []).Union(JustNow(state, now))] : together, now, activeMembers, hearing));
        }
        signals.AddRange(GroupDegradedDetector.Observe(policy, group, state, hearing, now));
        List<string> alone = state.DegradedAt is not null || 2 * Gone(state, now) > activeMembers ? [] : [.. changes.Where(c => c.Status == ConnectivityStatus.Offline && !state.Attached.Contains(c.DeviceId)).Select(c => c.DeviceId)];
        return signals.Count + alone.Count == 0 ? GroupOutageChange.None : new(signals, alone);
    }

    private static void Take(GroupOutageState state, in MemberChange change, DateTimeOffset now, ref int room)
    {
        var known = state.SilentMembers.TryGetValue(change.DeviceId, out var before);
        var wasHeard = known && (!change.IsSilent || change.SilentSince > before.Since);
        if (wasHeard && state.Attached.Remove(change.DeviceId) && !change.IsGone)
        {
            state.Returned[change.DeviceId] = change.IsSilent ? change.SilentSince : now;
            if (change.RestartedAt > before.Since)
                state.Restarted.Add(change.DeviceId);
        }
        if (!change.IsSilent)
        {
            state.SilentMembers.Remove(change.DeviceId);
            return;
        }
        if (known ? !wasHeard : room <= 0 || state.SilentMembers.Count + state.Returned.Count >= GroupOutageState.MaxMembers)
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

    /// <summary>Those whose silence may be of the kind of the site's: no longer than a site heard badly explains.</summary>
    private static List<string> JustNow(GroupOutageState state, DateTimeOffset now) => [.. Unexplained(state).Where(id => !state.SilentMembers[id].IsBeyond(GroupOutageState.HeardBadly, now))];

    private static Signal Open(string group, GroupOutageState state, List<string> together, DateTimeOffset now, int active, GroupHearing hearing)
    {
        state.RaisedAt = now;
        state.Since = together.Count == 0 ? now : state.SilentMembers[together[0]].Since;
        state.Active = Math.Max(together.Count, active - (Gone(state, now) - together.Count));
        state.Attached.UnionWith(together);
        state.Wait = together.Select(id => state.SilentMembers[id].BeganBefore - state.SilentMembers[id].Since).DefaultIfEmpty(10 * hearing.Gap).Max();
        if (state.IsHeardBadly)
            return Said(state, AlertChange.Opened, now, $"{group} is heard {100 * hearing.Share:0} % as well as usual: {together.Count} of {state.Active} active members are silent.");
        return Said(state, AlertChange.Opened, now, $"{together.Count} of {state.Active} active members of {group} fell silent together.");
    }

    /// <summary>
    /// Those whose silence is linked to the outage's beginning, those that were heard again for a moment only, and, while nobody is back, whoever falls
    /// silent within a day. True when there was one.
    /// </summary>
    private static bool Join(GroupOutageState state)
    {
        var attached = state.Attached.Select(id => state.SilentMembers[id]).ToList();
        var (joined, end) = (false, attached.Select(m => state.Returned.Count == 0 ? m.Until : m.BeganBefore).DefaultIfEmpty().Max());
        foreach (var id in Unexplained(state))
        {
            var member = state.SilentMembers[id];
            var isMoment = state.Returned.TryGetValue(id, out var back) && member.Since - back <= member.BeganBefore - member.Since;
            if (!isMoment && ((!state.IsHeardBadly && member.Since > end + Slack) || member.BeganBefore + Slack < state.Since))
                continue;
            if (!isMoment && member.BeganBefore > end)
                end = member.BeganBefore;
            state.Returned.Remove(id);
            state.Restarted.Remove(id);
            joined |= state.Attached.Add(id);
        }
        state.Active = Math.Max(state.Active, state.Members.Count);
        return joined;
    }

    /// <summary>Half of those it silenced are heard again: what they had in common works.</summary>
    private static bool Ends(GroupOutagePolicy policy, GroupOutageState state) =>
        state.Attached.Count < policy.MinimumMembers || state.Attached.Count <= state.Returned.Count;

    private static Signal Clear(string group, GroupOutageState state, DateTimeOffset now)
    {
        var left = state.Attached.Count;
        var summary = left == 0 ? $"All members of {group} are back." : $"{state.Returned.Count} of {state.Members.Count} silent members of {group} are back.";
        // What keeps its members from being heard leaves their counters alone.
        var isPower = state.Returned.Count > 0 && 2 * state.Restarted.Count > state.Returned.Count;
        var said = Said(state, AlertChange.Cleared, now, isPower ? $"{summary} They started over: they were without power." : summary, isPower ? SilenceCause.Power : SilenceCause.Gateway);
        foreach (var id in state.Attached)
            state.SilentMembers[id] = state.SilentMembers[id] with { IsAlone = true };
        state.RestlessUntil = now - state.Since < 2 * state.Wait ? now + state.Wait : null;
        (state.RaisedAt, state.Since, state.Active, state.IsHeardBadly) = (null, null, 0, false);
        state.Attached.Clear();
        state.Returned.Clear();
        state.Restarted.Clear();
        return said;
    }

    private static Signal Said(GroupOutageState state, AlertChange change, DateTimeOffset at, string summary, SilenceCause cause = SilenceCause.Gateway)
    {
        var evidence = new Dictionary<string, object>
        {
            ["members"] = state.Members.Order(StringComparer.Ordinal).ToArray(),
            ["silent"] = state.Attached.Count,
            ["active"] = state.Active,
            ["since"] = (state.Since ?? at).ToString("O"),
        };
        return new(AlertKind.GroupOutage, change, Severity.Critical, state.RaisedAt ?? at, at, summary, cause.Name(), evidence);
    }
}
