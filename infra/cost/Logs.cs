namespace IoTBackend.Cost;

/// <summary>
/// What goes to Application Insights in a month. Every execution would be a trace; the templates keep a fixed number a second of them, so
/// that logs do not grow with the fleet. Sizes of a record are assumed: about what the exporter writes for one, as JSON.
/// </summary>
internal static class Logs
{
    /// <summary>Traces an instance keeps a second: <c>OTEL_TRACES_SAMPLER_ARG</c> in infra/main.bicep.</summary>
    public const decimal TracesPerSecond = 0.1m;

    /// <summary>Host, worker and the app's own span.</summary>
    private const decimal RecordsPerTrace = 3;
    private const decimal BytesPerRecord = 1200;

    /// <summary>Of the app's meters, each exported every minute by an instance that is awake.</summary>
    private const decimal Series = 25;
    private const decimal BytesPerPoint = 700;

    public static decimal GBPerMonth(decimal executionsPerSecond, decimal instances)
    {
        var traces = Math.Min(executionsPerSecond, TracesPerSecond * Math.Max(1, instances)) * Prices.HoursPerMonth * 3600;
        var points = Series * instances * Prices.HoursPerMonth * 60;
        return (traces * RecordsPerTrace * BytesPerRecord + points * BytesPerPoint) / 1e9m;
    }
}
