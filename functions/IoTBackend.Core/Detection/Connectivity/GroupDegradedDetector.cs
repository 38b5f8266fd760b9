using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>
/// A whole site that gets bad without going dead: its members are heard half as much as they usually are, all together, though none of them need be
/// silent. Judged by what gets through of the group against its own usual, not by who is over a limit. A member that failed by itself is gone, and counts
/// no more; an outage of the group says more, and takes its place.
/// </summary>
internal static class GroupDegradedDetector
{
    /// <summary>Of messages that count as three at most where more are lost in a row, half as many heard make 0.57, three quarters 0.76.</summary>
    private const double Bad = 0.57;
    private const double Good = 0.76;

    /// <summary>Two may have their own reasons.</summary>
    public const int FewestMembers = 3;

    /// <summary>Enough members are heard to judge by.</summary>
    internal static bool CanTell(GroupOutagePolicy policy, GroupHearing hearing) => hearing.Members >= Math.Max(FewestMembers, policy.MinimumMembers);

    /// <param name="policy">The group's rules.</param>
    /// <param name="group">The group's name.</param>
    /// <param name="state">What is known of the group; changed in place.</param>
    /// <param name="hearing">Its members as they are heard now.</param>
    /// <param name="isRestless">So many are silent that it would be an outage, if they did not come and go.</param>
    /// <param name="now">When it was seen.</param>
    internal static IReadOnlyList<Signal> Observe(GroupOutagePolicy policy, string group, GroupOutageState state, GroupHearing hearing, bool isRestless, DateTimeOffset now)
    {
        var canTell = CanTell(policy, hearing);
        if (state.DegradedAt is null)
        {
            if (state.RaisedAt is not null || !canTell || ((hearing.Share > Bad || hearing.ShareOfHeard > Good) && !isRestless))
                return [];
            (state.DegradedAt, state.LowestShare) = (now, hearing.Share);
            return [Said(state, hearing, AlertChange.Opened, now, $"{group} is heard {100 * hearing.Share:0} % as well as usual: {hearing.Poorly.Count} of {hearing.Members} members lose much more than they do.")];
        }
        if (state.RaisedAt is null && canTell && (hearing.Share < Good || isRestless || state.RestlessUntil > now))
        {
            state.LowestShare = Math.Min(state.LowestShare ?? 1, hearing.Share);
            return [];
        }
        var summary = state.RaisedAt is not null ? $"{group} is silent now, see its outage." : !canTell ? $"Too few members of {group} are heard to tell." : $"{group} is heard as usual again.";
        var said = Said(state, hearing, AlertChange.Cleared, now, summary);
        (state.DegradedAt, state.LowestShare) = (null, null);
        return [said];
    }

    private static Signal Said(GroupOutageState state, GroupHearing hearing, AlertChange change, DateTimeOffset at, string summary) => new(
        AlertKind.GroupDegraded, change, Severity.Warning, state.DegradedAt ?? at, at, summary, SilenceCause.Gateway.Name(), new Dictionary<string, object>
        {
            ["members"] = hearing.Poorly.Order(StringComparer.Ordinal).Take(GroupOutageState.MaxMembers).ToArray(),
            ["heard"] = hearing.Members,
            ["share"] = Math.Round(hearing.Share, 3),
            ["lowestShare"] = Math.Round(state.LowestShare ?? hearing.Share, 3),
        });
}
