using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>When the silence of several members is one outage of what they share.</summary>
public sealed record GroupOutagePolicy : IValidated
{
    /// <summary>Share of the active members that must be silent together, 0.1 to 1; default 0.6.</summary>
    public double Quorum { get; init; } = 0.6;

    /// <summary>... and at least so many, 2 to 1000; default 2.</summary>
    public int MinimumMembers { get; init; } = 2;

    /// <summary>Everything that is wrong with these rules, one sentence each; empty = valid.</summary>
    public IEnumerable<string> Errors()
    {
        if (Quorum is not (>= 0.1 and <= 1))
            yield return "quorum must lie between 0.1 and 1";
        if (MinimumMembers is < 2 or > 1000)
            yield return "minimumMembers must lie between 2 and 1000";
    }
}
