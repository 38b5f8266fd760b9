using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>
/// A whole site that gets bad without going dead: its members are heard half as much as they usually are, all together, though none of them need be
/// silent. Judged by what gets through of the group against its own usual, not by who is over a limit. A member that failed by itself is gone, and counts
/// no more; an outage of the group says more, and takes its place.
/// </summary>
public static class GroupDegradedDetector
{
    private const double Bad = 0.5;
    private const double Good = 0.75;

    /// <summary>Two may have their own reasons.</summary>
    private const int FewestMembers = 3;

    /// <param name="policy">The group's rules.</param>
    /// <param name="group">The group's name.</param>
    /// <param name="state">What is known of the group; changed in place.</param>
    /// <param name="hearing">Its members as they are heard now.</param>
    /// <param name="now">When it was seen.</param>
    public static IReadOnlyList<Signal> Observe(GroupOutagePolicy policy, string group, GroupOutageState state, GroupHearing hearing, DateTimeOffset now)
    {
        var fewest = Math.Max(FewestMembers, policy.MinimumMembers);
        if (state.DegradedAt is null)
        {
            if (state.RaisedAt is not null || hearing.Members < fewest || hearing.Share > Bad)
                return [];
            (state.DegradedAt, state.LowestShare) = (now, hearing.Share);
            return [Said(state, hearing, AlertChange.Opened, now, $"{group} is heard {100 * hearing.Share:0} % as well as usual: {hearing.Poorly.Count} of {hearing.Members} members lose much more than they do.")];
        }
        if (state.RaisedAt is null && hearing.Members >= fewest && hearing.Share < Good)
        {
            state.LowestShare = Math.Min(state.LowestShare ?? 1, hearing.Share);
            return [];
        }
        var summary = state.RaisedAt is not null ? $"{group} is silent now, see its outage." : hearing.Members < fewest ? $"Too few members of {group} are heard to tell." : $"{group} is heard as usual again.";
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
