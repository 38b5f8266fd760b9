namespace IoTBackend.Cost;

/// <summary>One line of a bill in US$ a month.</summary>
internal sealed record Line(string What, decimal Amount, string How);

/// <summary>What a month of a fleet costs on one deployment of the parameters that were measured, at list prices.</summary>
internal static class Estimate
{
    private const decimal Hours = Prices.HoursPerMonth;

    /// <summary>Days that the archive keeps (Archive__Retention).</summary>
    private const decimal ArchiveHours = 30 * 24;

    /// <summary>Runs an hour of the two timers of every minute.</summary>
    private const decimal MinuteTimerRuns = 120;

    public static IReadOnlyList<Line> Of(Fleet fleet, Measurement measured, Prices prices)
    {
        var use = new FleetUse(measured.Points, measured.Profile);
        var units = Limits.ThroughputUnits(fleet, measured.BytesPerReading);
        // A telemetry body is at most 256 KB, an event is billed by 64 KB.
        var events = fleet.EventsPerSecond * 3600 * Hours * Math.Ceiling(measured.BytesPerReading * fleet.PerRequest / 65_536);
        var instanceSeconds = Instances.SecondsPerHourOf(fleet, use) * Hours;
        var gbSeconds = instanceSeconds * Instances.GB;
        var runs = (fleet.RequestsPerSecond * 3600 + use.Of(Meter.Runs, fleet) + MinuteTimerRuns + Instances.RareTimerRuns) * Hours;
        var logs = Logs.GBPerMonth(runs / (Hours * 3600), instanceSeconds / (Hours * 3600));
        decimal Monthly(Meter meter) => use.Of(meter, fleet) * Hours;
        return
        [
            new("Event Hubs", units * prices[measured.Profile.HubUnit] * Hours
                + events / 1e6m * prices["eventHubs.millionEvents"],
                $"{units} throughput unit(s), {events / 1e6m:N1} million events"),
            new("Functions, executions", Beyond(runs, prices["flex.freeExecutions"]) / 1e6m * prices["flex.millionExecutions"], $"{runs / 1e6m:N2} million"),
            new("Functions, GB-s", Beyond(gbSeconds, prices["flex.freeGbSeconds"]) * prices["flex.gbSecond"],
                $"{gbSeconds:N0} GB-s: {instanceSeconds / (Hours * 3600):N2} instances of {Instances.GB} GB on average"),
            new("Table storage", Monthly(Meter.TableRequests) / 1e4m * prices["tables.tenThousandOperations"], $"{Monthly(Meter.TableRequests) / 1e6m:N2} million requests"),
            new("Queue storage", Monthly(Meter.QueueRequests) / 1e4m * prices["queues.tenThousandOperations"], $"{Monthly(Meter.QueueRequests) / 1e6m:N2} million requests"),
            new("Blob storage",
                (Monthly(Meter.BlobWrites) * prices["blobs.tenThousandWrites"] + Monthly(Meter.BlobLists) * prices["blobs.tenThousandLists"]
                    + Monthly(Meter.BlobOthers) * prices["blobs.tenThousandOthers"]) / 1e4m,
                $"{Monthly(Meter.BlobWrites) / 1e6m:N2} million writes, {Monthly(Meter.BlobLists) / 1e6m:N2} lists, {Monthly(Meter.BlobOthers) / 1e6m:N2} others"),
            new("Archive", use.Of(Meter.ArchiveBytes, fleet) * ArchiveHours / 1e9m * prices["blobs.gbMonth"], $"{use.Of(Meter.ArchiveBytes, fleet) * ArchiveHours / 1e9m:N2} GB kept for 30 days"),
            new("Logs", Beyond(logs, prices["logs.freeGB"]) * prices["logs.gb"], $"{logs:N1} GB"),
            new("Registry", prices["registry.Basic"], "Basic"),
            new("Alerts", 5 * prices["metricAlert"] + 4 * prices["logAlert"], "5 metric, 4 log"),
        ];
    }

    /// <summary>IoT Hub's list price for the same messages, without anything that processes, stores or watches them; the cheapest mix of units.</summary>
    public static decimal IoTHub(Fleet fleet, decimal bytesPerReading, Prices prices)
    {
        var messages = fleet.PerDay / fleet.PerRequest * Math.Ceiling(bytesPerReading * fleet.PerRequest / 4096);
        decimal Of(string tier, decimal perDay) => Math.Max(1, Math.Ceiling(messages / perDay)) * prices[$"iotHub.{tier}"];
        return new[] { Of("S1", 400_000), Of("S2", 6_000_000), Of("S3", 300_000_000) }.Min();
    }

    private static decimal Beyond(decimal amount, decimal free) => Math.Max(0, amount - free);
}
