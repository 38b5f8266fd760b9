namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>How well the members of a group are heard, each against its own usual. Filled member by member, in any order.</summary>
public sealed class GroupHearing
{
    /// <summary>Not heard for so many of its usual gaps: gone, rather than heard badly.</summary>
    private const double GoneAfter = 30;

    /// <summary>Below this share of its usual a member is named.</summary>
    private const double Poor = 0.7;

    /// <summary>Heard so many of its usual gaps ago: just now.</summary>
    private const double JustNow = 1.5;

    private double _sum;
    private double _sumOfHeard;
    private double _scatter;
    private double _gaps;
    private int _heard;
    private int _losing;

    /// <summary>Members heard now and then of which enough is known to compare.</summary>
    public int Members { get; private set; }

    /// <summary>
    /// Mean over members of how much of the usual gets through, 0 to 1; every member counts the same, however often it reports. The benefit of their usual
    /// scatter is given, of many less than of few.
    /// </summary>
    public double Share => Mean(_sum);

    /// <summary>The same by what was heard alone: who is silent without having lost anything before says nothing of how well it is heard.</summary>
    public double ShareOfHeard => Mean(_sumOfHeard);

    /// <summary>Mean time between two messages of a member.</summary>
    internal TimeSpan Gap => TimeSpan.FromSeconds(Members == 0 ? 0 : _gaps / Members);

    /// <summary>Most of those heard just now had lost messages before: the others' silence is of that kind.</summary>
    internal bool IsRestless => _losing >= GroupDegradedDetector.FewestMembers && 2 * _losing >= _heard;

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
        _sumOfHeard += state.Heard.AgainstUsual(0);
        _scatter += state.Heard.Scatter;
        _gaps += state.Heard.GapSeconds;
        if (silent <= JustNow * state.Heard.GapSeconds)
        {
            _heard++;
            _losing += state.Heard.HasLost ? 1 : 0;
        }
        if (share < Poor)
            Poorly.Add(deviceId);
    }

    private double Mean(double sum) => Members == 0 ? 1 : Math.Min(1, (sum + _scatter * Math.Min(1, 2 / Math.Sqrt(Members))) / Members);
}
