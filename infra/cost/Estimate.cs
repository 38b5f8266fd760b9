namespace IoTBackend.Cost;

/// <summary>One line of a bill; <paramref name="Amount"/> is null where nothing was measured to work it out from.</summary>
internal sealed record Line(string What, decimal? Amount, string How);

/// <summary>What a month of a fleet costs on one deployment of the dev parameters, at list prices.</summary>
internal static class Estimate
{
    /// <summary>Memory of an instance, as in the parameter files.</summary>
    public const decimal InstanceGB = 0.5m;

    /// <summary>An instance that runs anything is billed for at least this long: learn.microsoft.com/azure/azure-functions/flex-consumption-plan, Billing.</summary>
    private const decimal MinimumSeconds = 1;

    /// <summary>Runs of timers a month: sweep and alert upkeep every minute, reconciliation every quarter of an hour, trimming every hour.</summary>
    private const decimal TimerRuns = Prices.HoursPerMonth * (60 + 60 + 4 + 1);

    /// <summary>Runs of the processor a second at most: partitions over the seconds that telemetry waits for company, both of the dev parameters.</summary>
    private const decimal ProcessorRuns = 4 / 10m;

    private const decimal MonthSeconds = Prices.HoursPerMonth * 3600m;

    public static IReadOnlyList<Line> Of(Fleet fleet, Measurement measured, Prices prices)
    {
        var units = Limits.ThroughputUnits(fleet, measured);
        return
        [
            new("Event Hubs, units", units * prices["eventHubs.throughputUnit"] * Prices.HoursPerMonth, $"{units} throughput unit(s)"),
            new("Event Hubs, events", EventsOf64KB(fleet, measured) / 1e6m * prices["eventHubs.millionEvents"], $"{fleet.PerMonth / 1e6m:N1} million"),
            Compute(fleet, measured, prices),
            Executions(fleet, measured, prices),
            Per1000("Table storage", fleet, measured.TableTransactionsPer1000, n => n / 1e4m * prices["tables.tenThousandOperations"]),
            Per1000("Queue storage", fleet, measured.QueueOperationsPer1000, n => n / 1e4m * prices["queues.tenThousandOperations"]),
            Per1000("Blob storage", fleet, measured.BlobOperationsPer1000, n => n / 1e4m * prices["blobs.tenThousandWrites"]),
            new("Registry", prices["registry.Basic"], "Basic"),
            new("Alerts", 5 * prices["metricAlert"] + 4 * prices["logAlert"], "5 metric, 4 log"),
        ];
    }

    /// <summary>IoT Hub's list price for the same messages, without anything that processes, stores or watches them; the cheapest mix of units.</summary>
    public static decimal IoTHub(Fleet fleet, decimal? bytesPerReading, Prices prices)
    {
        var messages = fleet.PerDay * Math.Ceiling((bytesPerReading ?? 1) / 4096);
        decimal Of(string tier, decimal perDay) => Math.Max(1, Math.Ceiling(messages / perDay)) * prices[$"iotHub.{tier}"];
        return new[] { Of("S1", 400_000), Of("S2", 6_000_000), Of("S3", 300_000_000) }.Min();
    }

    private static decimal EventsOf64KB(Fleet fleet, Measurement measured) =>
        fleet.PerMonth * Math.Ceiling((measured.IngressBytesPerReading ?? 1) / 65_536);

    /// <summary>
    /// Each scale group (HTTP together, every other function alone) is billed while it is busy, at least a second each time: with
    /// runs that come at random at rate r that is 1 - e^-r of the time, however little there is to do. Above that, the work measured.
    /// </summary>
    private static Line Compute(Fleet fleet, Measurement measured, Prices prices)
    {
        var awake = Awake(Math.Min(fleet.PerSecond, ProcessorRuns)) + Awake(fleet.RequestsPerSecond);
        var floor = (awake + TimerRuns * MinimumSeconds) * InstanceGB;
        var work = measured.GbSecondsPer1000 * fleet.PerMonth / 1000;
        var billed = Math.Max(floor, work ?? 0);
        var how = work is null ? "time awake; work not measured" : billed > floor ? "work measured" : "time awake exceeds the work";
        return new("Functions, GB-s", Math.Max(0, billed - prices["flex.freeGbSeconds"]) * prices["flex.gbSecond"], $"{billed:N0} GB-s: {how}");
    }

    /// <summary>A request is an execution, whatever is in it; runs of the processor are few beside it, and measured.</summary>
    private static Line Executions(Fleet fleet, Measurement measured, Prices prices)
    {
        var requests = fleet.RequestsPerSecond * MonthSeconds;
        var count = requests + TimerRuns + (measured.ExecutionsPer1000 ?? 0) * fleet.PerMonth / 1000;
        return new(
            "Functions, executions", Math.Max(0, count - prices["flex.freeExecutions"]) / 1e6m * prices["flex.millionExecutions"],
            $"{requests / 1e6m:N1} million requests; {(measured.ExecutionsPer1000 is null ? "runs of the processor not measured" : "runs of the processor measured")}");
    }

    private static decimal Awake(decimal runsPerSecond) => (decimal)(1 - Math.Exp(-(double)(runsPerSecond * MinimumSeconds))) * MonthSeconds;

    private static Line Per1000(string what, Fleet fleet, decimal? per1000, Func<decimal, decimal> price)
    {
        var count = per1000 * fleet.PerMonth / 1000;
        return new(what, count is { } n ? price(n) : null, count is { } m ? $"{m / 1e6m:N2} million" : "not measured");
    }
}
