namespace IoTBackend.Cost;

/// <summary>
/// Seconds of instances that a fleet is billed for in an hour, on demand, none always ready. Each scale group (HTTP together, every other
/// function alone) bills at least the time it is awake; no less than its work needs of processors, and HTTP no less than its requests need
/// of the places that an instance has for them.
/// </summary>
internal static class Instances
{
    /// <summary>Memory, as in the parameter files.</summary>
    public const decimal GB = 0.5m;

    /// <summary>Of an instance of 512 MB: learn.microsoft.com/azure/azure-functions/flex-consumption-plan, Instance sizes.</summary>
    public const decimal Cores = 0.25m;

    /// <summary>Share of a processor that the functions get of it. Assumed: the host beside them takes some, and some must be spare.</summary>
    private const decimal UsableShare = 0.5m;

    /// <summary>Requests at a time on one instance, as infra/modules/app.bicep sets it.</summary>
    public const decimal RequestsAtATime = 32;

    /// <summary>Runs of timers an hour that are not in the measurement: reconciliation every quarter of an hour, what is done once an hour, a second each.</summary>
    public const decimal RareTimerRuns = 4 + 1;

    private const decimal SecondsPerHour = 3600;

    public static decimal SecondsPerHourOf(Fleet fleet, FleetUse use)
    {
        // Requests that come at random at rate r find the instance asleep e^-r of the time: each wakes it for a second at least.
        var http = Math.Max(
            (decimal)(1 - Math.Exp(-(double)fleet.RequestsPerSecond)) * SecondsPerHour,
            use.At(Meter.HttpSeconds, fleet.RequestsPerSecond) / RequestsAtATime);
        var awake = http + use.Of(Meter.AwakeSeconds, fleet) + RareTimerRuns;
        return Math.Max(awake, use.Of(Meter.CpuSeconds, fleet) / (Cores * UsableShare));
    }
}
