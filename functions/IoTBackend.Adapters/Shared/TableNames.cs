using Azure.Data.Tables;
using Microsoft.Extensions.Hosting;

namespace IoTBackend.Adapters.Shared;

/// <summary>Every table. The keys of each are written down above the class that builds them.</summary>
public static class TableNames
{
    public const string AlertComments = "AlertComments";
    public const string AlertDue = "AlertDue";
    public const string AlertRoutes = "AlertRoutes";
    public const string Alerts = "Alerts";
    public const string Changes = "Changes";
    public const string Channels = "Channels";
    public const string Claims = "Claims";
    public const string DeadDeliveries = "DeadDeliveries";
    public const string Deliveries = "Deliveries";
    public const string DesiredStates = "DesiredStates";
    public const string DeviceExceptions = "DeviceExceptions";
    public const string DeviceStates = "DeviceStates";
    public const string Devices = "Devices";
    public const string Groups = "Groups";
    public const string Lanes = "Lanes";
    public const string Models = "Models";
    public const string OpenAlerts = "OpenAlerts";
    public const string Registries = "Registries";
    public const string Releases = "Releases";
    public const string Rollouts = "Rollouts";
    public const string Silences = "Silences";
    public const string Sweep = "Sweep";
    public const string Tracks = "Tracks";

    public static readonly IReadOnlyList<string> All =
    [
        AlertComments, AlertDue, AlertRoutes, Alerts, Changes, Channels, Claims, DeadDeliveries, Deliveries, DesiredStates, DeviceExceptions, DeviceStates, Devices, Groups, Lanes, Models, OpenAlerts,
        Registries, Releases, Rollouts, Silences, Sweep, Tracks,
    ];
}

/// <summary>Makes the tables before the first trigger runs.</summary>
public sealed class CreateTables(TableServiceClient tables) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(TableNames.All.Select(name => tables.CreateTableIfNotExistsAsync(name, cancellationToken)));

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
