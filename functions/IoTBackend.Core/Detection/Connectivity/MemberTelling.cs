using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>What a member that is, or was, silent is told after its groups were judged: by what is remembered of them, so that telling it again changes nothing.</summary>
public static class MemberTelling
{
    /// <summary>There is something to tell.</summary>
    /// <param name="state">What is known of the member.</param>
    /// <param name="incident">The group that speaks for it; null = none.</param>
    /// <param name="aloneIn">The group whose others report; null = none.</param>
    public static bool IsNews(in DetectionState state, string? incident, string? aloneIn) =>
        incident is not null != state.Silence.Attached || (incident is null && aloneIn is not null && SilenceDetector.IsUnexplained(in state));

    /// <summary>Tells it.</summary>
    public static void Tell(ref DetectionState state, string? incident, string? aloneIn, DateTimeOffset now, List<Signal> signals)
    {
        if (incident is not null)
            Detectors.Attach(ref state, incident, now, signals);
        else if (state.Silence.Attached)
            Detectors.Detach(ref state, now);
        else if (aloneIn is not null)
            Detectors.Alone(ref state, aloneIn, now, signals);
    }
}
