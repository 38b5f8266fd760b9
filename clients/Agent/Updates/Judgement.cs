using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;

namespace IoTBackend.Agent.Updates;

/// <param name="Reason">Null = it proved itself.</param>
internal sealed record Verdict(string? Reason)
{
    public static readonly Verdict Good = new((string?)null);
}

/// <summary>Whether a new container proved itself: a pure function of what is seen of it.</summary>
internal static class Judgement
{
    /// <summary>A container that has to be started again and again is not worth it, whoever ends it.</summary>
    public const int MaxStarts = 3;

    /// <param name="signs">Null = the container is gone.</param>
    /// <param name="checkPassed">Of the configured command; null = there is none, or it has not been run yet.</param>
    /// <param name="ran">Since this start of it was first seen.</param>
    /// <returns>Null = it cannot be said yet.</returns>
    public static Verdict? Of(WorkloadConfiguration workload, ContainerSigns? signs, bool? checkPassed, int starts, TimeSpan ran)
    {
        if (starts > MaxStarts)
            return new($"was started {MaxStarts} times and ended before it could be judged");
        if (signs is null)
            return null;
        if (signs.Restarts > 0)
            return new(signs.ExitCode == 0 ? "exited and was started again by the engine" : $"exited with code {signs.ExitCode}");
        if (!signs.Running)
            return null;
        if (signs.Health == Health.Unhealthy)
            return new("unhealthy");
        var checkIsOwed = workload.Check.Count > 0 && checkPassed != true;
        if (signs.Health == Health.Healthy && !checkIsOwed)
            return Verdict.Good;
        if (signs.Health == Health.None && ran >= workload.Settle && !checkIsOwed)
            return Verdict.Good;
        var late = workload.HealthyWithin > workload.Settle ? workload.HealthyWithin : workload.Settle;
        if (ran < late)
            return null;
        return new(checkIsOwed ? $"its check did not pass within {late.TotalSeconds:0} s" : $"not healthy within {late.TotalSeconds:0} s");
    }
}
