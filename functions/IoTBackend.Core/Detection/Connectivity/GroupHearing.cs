namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>How well the members of a group are heard, each against its own usual. Filled member by member, in any order.</summary>
public sealed class GroupHearing
{
    /// <summary>Not heard for so many of its usual gaps: gone, rather than heard badly.</summary>
    private const double GoneAfter = 30;

    /// <summary>Below this share of its usual a member is named.</summary>
    private const double Poor = 0.7;

    private double _sum;

    /// <summary>Members heard now and then of which enough is known to compare.</summary>
    public int Members { get; private set; }

    /// <summary>Mean over members of how much of the usual gets through, 0 to 1; every member counts the same, however often it reports.</summary>
    public double Share => Members == 0 ? 1 : _sum / Members;

    /// <summary>Members that are heard much less than usual.</summary>
    internal List<string> Poorly { get; } = [];

    /// <param name="deviceId">The member.</param>
    /// <param name="state">What is known of it.</param>
    /// <param name="until">Every reading that arrived before was observed.</param>
    /// <param name="heldSince">End of the last gap the backend caused itself.</param>
    public void Add(string deviceId, in DetectionState state, DateTimeOffset until, DateTimeOffset heldSince)
    {
        if (!state.Heard.IsKnown || state.LastSeen is not { } seen)
            return;
        var silent = Math.Max(0, (until - (heldSince > seen ? heldSince : seen)).TotalSeconds);
        if (silent > GoneAfter * state.Heard.GapSeconds)
            return;
        var share = state.Heard.AgainstUsual(silent);
        Members++;
        _sum += share;
        if (share < Poor)
            Poorly.Add(deviceId);
    }
}
