using System.Text.Json;

namespace IoTBackend.Cost;

/// <summary>What a deployment costs before the first device sends, read off the predicted resources in its snapshot.</summary>
internal static class FixedCost
{
    /// <summary>With zones the platform keeps two instances per scale group warm: HTTP and the processor, with the timers and queues each alone.</summary>
    private const int WarmPerGroup = 2;

    /// <param name="snapshot">infra/ENVIRONMENT.snapshot.json.</param>
    /// <param name="scaleGroups">Functions outside the HTTP group, plus one for it.</param>
    public static IReadOnlyList<Line> Of(JsonElement snapshot, int scaleGroups, Prices prices)
    {
        var resources = snapshot.GetProperty("predictedResources").EnumerateArray().ToLookup(r => r.GetProperty("type").GetString()!);
        var hub = resources["Microsoft.EventHub/namespaces"].Single().GetProperty("sku");
        var tier = hub.GetProperty("name").GetString()!;
        var units = hub.GetProperty("capacity").GetInt32();
        var registry = resources["Microsoft.ContainerRegistry/registries"].Single().GetProperty("sku").GetProperty("name").GetString()!;
        var endpoints = resources["Microsoft.Network/privateEndpoints"].Count();
        var zones = resources["Microsoft.Web/serverfarms"].Single().GetProperty("properties").GetProperty("zoneRedundant").GetBoolean();
        var memory = resources["Microsoft.Web/sites"].Single().GetProperty("properties").GetProperty("functionAppConfig")
            .GetProperty("scaleAndConcurrency").GetProperty("instanceMemoryMB").GetInt32() / 1024m;
        var warm = zones ? WarmPerGroup * scaleGroups : 0;
        return
        [
            new("Event Hubs", units * prices[UnitOf(tier)] * Prices.HoursPerMonth, $"{units} {(tier == "Premium" ? "processing" : "throughput")} unit(s), {tier}"),
            new("Registry", prices[$"registry.{registry}"], registry),
            new("Warm instances", warm * memory * Prices.HoursPerMonth * 3600 * prices["flex.alwaysReadyGbSecond"],
                zones ? $"{warm} of {memory} GB: zone redundancy keeps two for each of {scaleGroups} scale groups" : "none: scales to zero"),
            new("Private endpoints", endpoints * prices["privateEndpoint"], $"{endpoints}"),
            new("Alerts", resources["Microsoft.Insights/metricAlerts"].Count() * prices["metricAlert"]
                + resources["Microsoft.Insights/scheduledQueryRules"].Count() * prices["logAlert"], "metric and log"),
        ];
    }

    private static string UnitOf(string tier) => tier switch
    {
        "Premium" => "eventHubs.processingUnit",
        "Basic" => "eventHubs.basicUnit",
        _ => "eventHubs.throughputUnit",
    };
}
