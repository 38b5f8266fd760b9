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

    public bool? CheckPassed { get; set; }

    /// <summary>The engine would not make or start its container; true = it has had its chances.</summary>
    public bool RefusedForTheLastTime(Installation target)
    {
        _refused = (target, _refused.Target == target ? _refused.Times + 1 : 1);
        return _refused.Times >= Judgement.MaxStarts;
    }

    public TimeSpan See(Installation target, ContainerSigns? signs)
    {
        var subject = (target, signs?.StartedAt ?? "");
        if (_subject != subject)
            (_subject, _since, _checkedAt, _failures, _healthy, CheckPassed) = (subject, time.GetTimestamp(), null, 0, false, null);
        return time.GetElapsedTime(_since);
    }

    public bool HealthIsDue(TimeSpan interval) => _checkedAt is not { } at || time.GetElapsedTime(at) >= interval;

    public void HealthWas(bool healthy)
    {
        _checkedAt = time.GetTimestamp();
        (_healthy, _failures) = (healthy, healthy ? 0 : _failures + 1);
    }

    /// <summary>For an engine whose own checks stand still.</summary>
    public ContainerSigns? WithOwnHealth(ContainerSigns? signs) => signs is not { Health: Health.Starting } || _checkedAt is null ? signs
        : signs with { Health = _healthy ? Health.Healthy : _failures >= signs.HealthRetries ? Health.Unhealthy : Health.Starting };
}
