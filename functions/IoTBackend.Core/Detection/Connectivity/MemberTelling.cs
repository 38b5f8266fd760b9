using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>What a member that is, or was, silent is told after its groups were judged: by what is remembered of them, so that telling it again changes nothing.</summary>
public static class MemberTelling
{
    /// <summary>There is something to tell.</summary>
    /// <param name="policy">The rules for the member.</param>
    /// <param name="state">What is known of the member.</param>
    /// <param name="incident">The group that speaks for it; null = none.</param>
    /// <param name="aloneIn">The group whose others report; null = none.</param>
    /// <param name="now">The time.</param>
    public static bool IsNews(DetectionPolicy policy, in DetectionState state, string? incident, string? aloneIn, DateTimeOffset now) =>
        incident is not null != state.Silence.Attached
        || (incident is null && aloneIn is not null && SilenceDetector.IsUnexplained(policy, in state, now.ToUnixTimeMilliseconds()));

    /// <summary>Tells it.</summary>
    /// <param name="policy">The rules for the member.</param>
    /// <param name="state">What is known of the member; changed in place.</param>
    /// <param name="incident">The group that speaks for it; null = none.</param>
    /// <param name="aloneIn">The group whose others report; null = none.</param>
    /// <param name="isHeardBadly">A group that spoke for it is heard badly still.</param>
    /// <param name="now">The time.</param>
    /// <param name="signals">Receives what changed.</param>
    public static void Tell(DetectionPolicy policy, ref DetectionState state, string? incident, string? aloneIn, bool isHeardBadly, DateTimeOffset now, List<Signal> signals)
    {
        if (incident is not null)
            Detectors.Attach(ref state, incident, now, signals);
        else if (state.Silence.Attached)
            Detectors.Detach(policy, ref state, aloneIn is not null, isHeardBadly, now);
        else if (aloneIn is not null)
            Detectors.Alone(policy, ref state, aloneIn, now, signals);
    }
}
