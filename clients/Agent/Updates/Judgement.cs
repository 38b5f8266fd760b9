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

    /// <summary>For what crashes at once to do it again, and say with which code.</summary>
    private static readonly TimeSpan EndsAgain = TimeSpan.FromSeconds(2);

    public static readonly string StartedTooOften = $"was started {MaxStarts} times and ended before it could be judged";

    /// <summary>In the same words whoever starts it again: dockerd does before it shows it as ended, and podman leaves time to the agent.</summary>
    public static string Exited(int code) => $"exited with code {code}";

    /// <summary>Of one that was kept: what is wrong with it since; null = nothing.</summary>
    public static string? Afterwards(ContainerSigns? signs) => signs switch
    {
        { Restarts: >= MaxStarts } => $"ended {signs.Restarts} times after it was kept{(signs.ExitCode == 0 ? "" : $", with code {signs.ExitCode}")}",
        { Health: Health.Unhealthy } => "became unhealthy after it was kept",
        _ => null,
    };

    /// <param name="signs">Null = the container is gone.</param>
    /// <param name="checkPassed">Of the configured command; null = there is none, or it has not been run yet.</param>
    /// <param name="ran">Since this start of it was first seen.</param>
    /// <returns>Null = it cannot be said yet.</returns>
    public static Verdict? Of(WorkloadConfiguration workload, ContainerSigns? signs, bool? checkPassed, int starts, TimeSpan ran)
    {
        if (starts > MaxStarts)
            return new(StartedTooOften);
        if (signs is null)
            return null;
        if (signs.Restarts > 0)
            // Of one that runs again it is not known.
            return !signs.Running || signs.ExitCode != 0 ? new(Exited(signs.ExitCode)) : ran < EndsAgain ? null : new("exited and was started again by the engine");
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
