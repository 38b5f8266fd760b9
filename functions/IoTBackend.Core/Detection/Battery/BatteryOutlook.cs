using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Battery;

/// <summary>Will not last: the battery is expected to be empty before its service interval is over.</summary>
internal static class BatteryOutlook
{
    public static void Observe(DetectionPolicy policy, ref DetectionState state, long now, List<Signal> signals)
    {
        if (policy.ServiceInterval is not { } service)
            return;
        ref var battery = ref state.Battery;
        var due = Say.Time(battery.Life.StartedAt) + service;
        var empty = BatteryForecast.Of(policy, in state).Empty;
        // Raised when it is sure, cleared when it is no longer likely: a date that wavers around the service is told once.
        var isShort = empty?.Latest < due && Say.Time(now) < due;
        var isLong = empty is null || empty.ExpectedAt is null || empty.ExpectedAt >= due;
        if (battery.ForecastRaisedAt == 0 ? !isShort : !isLong)
            return;
        var raise = battery.ForecastRaisedAt == 0;
        if (raise)
            battery.ForecastRaisedAt = Math.Max(1, now);
        var evidence = new Dictionary<string, object> { ["serviceDue"] = due.ToString("O") };
        if (empty?.ExpectedAt is { } expected)
            evidence["expectedEmptyAt"] = expected.ToString("O");
        if (empty?.Earliest is { } earliest)
            evidence["earliest"] = earliest.ToString("O");
        if (empty?.Latest is { } latest)
            evidence["latest"] = latest.ToString("O");
        signals.Add(Say.Signal(
            AlertKind.BatteryForecast, raise ? AlertChange.Opened : AlertChange.Cleared, Severity.Warning, battery.ForecastRaisedAt, now,
            raise ? $"Expected to be empty on {empty?.ExpectedAt:yyyy-MM-dd}, before its service on {due:yyyy-MM-dd}." : $"Expected to last until its service on {due:yyyy-MM-dd}.",
            null, evidence));
        if (!raise)
            battery.ForecastRaisedAt = 0;
    }
}
