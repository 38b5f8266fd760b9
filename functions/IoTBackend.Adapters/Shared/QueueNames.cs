using Azure.Storage.Queues;
using Microsoft.Extensions.Hosting;

namespace IoTBackend.Adapters.Shared;

/// <summary>The queues of the alert path. The host makes <c>{name}-poison</c> beside them for what it gives up.</summary>
public static class QueueNames
{
    /// <summary><see cref="Core.Signals.AlertTransition"/> as JSON.</summary>
    public const string Alerts = "alerts";

    /// <summary><see cref="Core.Alerts.Deliveries.LaneCall"/> as JSON: somebody is to look after a channel.</summary>
    public const string AlertDeliveries = "alert-deliveries";

    public static readonly IReadOnlyList<string> All = [Alerts, AlertDeliveries];
}

/// <summary>Makes the queues before the first trigger runs.</summary>
public sealed class CreateQueues(QueueServiceClient queues) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(QueueNames.All.Select(name => queues.GetQueueClient(name).CreateIfNotExistsAsync(cancellationToken: cancellationToken)));

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
