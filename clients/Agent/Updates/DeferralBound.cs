namespace IoTBackend.Agent.Updates;

/// <summary>How long a workload has put an update off, by a clock nobody can set. It is written down now and then: a restart forgets a little of it.</summary>
/// <param name="most">Null = as long as it likes.</param>
internal sealed class DeferralBound(TimeSpan? most, TimeProvider time)
{
    private static readonly TimeSpan WriteDown = TimeSpan.FromMinutes(10);

    private (Installation Target, long Since)? _open;

    /// <summary>Nothing is put off.</summary>
    /// <returns>What is to be added to <see cref="Trial.Deferred"/> of <paramref name="next"/>: a newer image does not begin anew. The same one, fetched again, was withdrawn in between.</returns>
    public TimeSpan Close(Trial? next)
    {
        var waited = _open is { } open && next is { Phase: TrialPhase.Fetching } && next.Target != open.Target ? time.GetElapsedTime(open.Since) : TimeSpan.Zero;
        _open = null;
        return waited;
    }

    /// <returns>All of it; null = it is to be asked on.</returns>
    public TimeSpan? Reached(Trial trial) => most is { } bound && trial.Deferred + Open(trial.Target) >= bound ? bound : null;

    /// <summary>What is to be added to <see cref="Trial.Deferred"/> now; mostly nothing.</summary>
    public TimeSpan Written(Trial trial)
    {
        if (most is not { } bound || Open(trial.Target) is var open && open < WriteDown && open < bound / 10)
            return TimeSpan.Zero;
        _open = (trial.Target, time.GetTimestamp());
        return open;
    }

    private TimeSpan Open(Installation target)
    {
        if (_open is not { } open || open.Target != target)
            _open = open = (target, time.GetTimestamp());
        return time.GetElapsedTime(open.Since);
    }
}
