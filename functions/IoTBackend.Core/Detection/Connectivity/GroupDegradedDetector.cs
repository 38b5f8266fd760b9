using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>
/// A whole site that gets bad without going dead: its members are heard half as much as they usually are, all together, though none of them need be
/// silent. Judged by what gets through of the group against its own usual, not by who is over a limit. A member that failed by itself is gone, and counts
/// no more; where so little gets through that most of it is lost, it is an outage, which takes its place.
/// </summary>
internal static class GroupDegradedDetector
{
    /// <summary>Of messages that count as three at most where more are lost in a row, two fifths heard make 0.51, half 0.57, three quarters 0.76.</summary>
    private const double Lost = 0.51;
    private const double Bad = 0.57;
    private const double Good = 0.76;

    /// <summary>What is that bad may be on its way to an outage: it is told where it is no worse after so many gaps.</summary>
    private const double StayGaps = 10;

    /// <summary>Two may have their own reasons.</summary>
    public const int FewestMembers = 3;

    /// <summary>Enough members are heard to judge by.</summary>
    internal static bool CanTell(GroupOutagePolicy policy, GroupHearing hearing) => hearing.Members >= Math.Max(FewestMembers, policy.MinimumMembers);

    /// <summary>Most of what the group usually says is lost, whoever is silent; those heard have lost messages too.</summary>
    internal static bool IsLost(GroupOutagePolicy policy, GroupHearing hearing) => IsBelow(Lost, policy, hearing);

    /// <summary>Half is lost.</summary>
    internal static bool IsBad(GroupOutagePolicy policy, GroupHearing hearing) => IsBelow(Bad, policy, hearing);

    /// <summary>It is heard as usual, or too few are to tell.</summary>
    internal static bool IsGood(GroupOutagePolicy policy, GroupHearing hearing) => !CanTell(policy, hearing) || hearing.Share >= Good;

    /// <param name="policy">The group's rules.</param>
    /// <param name="group">The group's name.</param>
    /// <param name="state">What is known of the group; changed in place.</param>
    /// <param name="hearing">Its members as they are heard now.</param>
    /// <param name="now">When it was seen.</param>
    internal static IReadOnlyList<Signal> Observe(GroupOutagePolicy policy, string group, GroupOutageState state, GroupHearing hearing, DateTimeOffset now)
    {
        if (state.DegradedAt is null)
        {
            var isBad = IsBad(policy, hearing);
            state.BadSince = state.RaisedAt is not null || IsGood(policy, hearing) ? null : isBad ? state.BadSince ?? now : state.BadSince;
            if (!isBad || state.BadSince is not { } since || now - since < StayGaps * hearing.Gap)
                return [];
            (state.DegradedAt, state.LowestShare, state.BadSince) = (now, hearing.Share, null);
            return [Said(state, hearing, AlertChange.Opened, now, $"{group} is heard {100 * hearing.Share:0} % as well as usual: {hearing.Poorly.Count} of {hearing.Members} members lose much more than they do.")];
        }
        if (state.RaisedAt is null && !IsGood(policy, hearing))
        {
            state.LowestShare = Math.Min(state.LowestShare ?? 1, hearing.Share);
            return [];
        }
        var summary = state.RaisedAt is not null ? $"{group} is silent now, see its outage." : !CanTell(policy, hearing) ? $"Too few members of {group} are heard to tell." : $"{group} is heard as usual again.";
        var said = Said(state, hearing, AlertChange.Cleared, now, summary);
        (state.DegradedAt, state.LowestShare) = (null, null);
        return [said];
    }

    private static bool IsBelow(double share, GroupOutagePolicy policy, GroupHearing hearing) => CanTell(policy, hearing) && hearing.Share <= share && hearing.ShareOfHeard <= Good;

    private static Signal Said(GroupOutageState state, GroupHearing hearing, AlertChange change, DateTimeOffset at, string summary) => new(
        AlertKind.GroupDegraded, change, Severity.Warning, state.DegradedAt ?? at, at, summary, SilenceCause.Gateway.Name(), new Dictionary<string, object>
        {
            ["members"] = hearing.Poorly.Order(StringComparer.Ordinal).Take(GroupOutageState.MaxMembers).ToArray(),
            ["heard"] = hearing.Members,
            ["share"] = Math.Round(hearing.Share, 3),
            ["lowestShare"] = Math.Round(state.LowestShare ?? hearing.Share, 3),
        });
}
