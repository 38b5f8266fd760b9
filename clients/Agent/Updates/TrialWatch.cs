using IoTBackend.Agent.Engine;

namespace IoTBackend.Agent.Updates;

/// <summary>How long a trial has been watched, by a clock nobody can set, and what its checks said. A new start begins anew.</summary>
internal sealed class TrialWatch(TimeProvider time)
{
    private (Installation Target, string StartedAt)? _subject;
    private long _since;
    private long? _checkedAt;
    private int _failures;
    private bool _healthy;

    private (Installation? Target, int Times) _refused;
    private (Installation? Target, int Times) _started;

    public bool? CheckPassed { get; set; }

    /// <summary>The engine would not make or start its container; true = it has had its chances.</summary>
    public bool RefusedForTheLastTime(Installation target)
    {
        _refused = (target, _refused.Target == target ? _refused.Times + 1 : 1);
        return _refused.Times >= Judgement.MaxStarts;
    }

    public void Started(Installation target) => _started = (target, _started.Target == target ? _started.Times + 1 : 1);

    /// <summary>All its starts were made and seen to end by this agent: no power cut has part in it.</summary>
    public bool EndedEachTime(Installation target) => _started.Target == target && _started.Times >= Judgement.MaxStarts;

    public TimeSpan See(Installation target, ContainerSigns? signs)
    {
        var subject = (target, signs?.StartedAt ?? "");
        if (_subject != subject)
            (_subject, _since, _checkedAt, _failures, _healthy, CheckPassed) = (subject, time.GetTimestamp(), null, 0, false, null);
        return time.GetElapsedTime(_since);
    }

    public bool HealthIsDue(TimeSpan interval) => _checkedAt is not { } at || time.GetElapsedTime(at) >= interval;

    /// <param name="counts">False: it is too early for a failure to be one.</param>
    public void HealthWas(bool healthy, bool counts)
    {
        _checkedAt = time.GetTimestamp();
        (_healthy, _failures) = (healthy, healthy ? 0 : counts ? _failures + 1 : _failures);
    }

    /// <summary>For an engine whose own checks stand still.</summary>
    public ContainerSigns? WithOwnHealth(ContainerSigns? signs) => signs is not { Health: Health.Starting, Check: { } check } || _checkedAt is null ? signs
        : signs with { Health = _healthy ? Health.Healthy : _failures >= check.Retries ? Health.Unhealthy : Health.Starting };
}
