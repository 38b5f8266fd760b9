using Azure.Identity;
using Azure.Storage.Blobs;
using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Settings;

namespace IoTBackend.FunctionsHost.EventHubs;

/// <summary>This host's part of a consumer group.</summary>
internal sealed class EventHubListener(BackgroundCall call, HubConnection hub, BlobContainerClient container, EventHubSettings settings) : IListener
{
    public async Task RunAsync(CancellationToken stopping, CancellationToken abort)
    {
        var store = new BlobCheckpointStore(container);
        var processor = hub.ConnectionString is null
            ? new HubProcessor(call, hub, new DefaultAzureCredential(), store, settings, stopping, abort)
            : new HubProcessor(call, hub, store, settings, stopping, abort);
        if (!await StartAsync(processor, stopping))
            return;
        await WaitAsync(Timeout.InfiniteTimeSpan, stopping);
        while (processor.IsBusy && !abort.IsCancellationRequested)
            await WaitAsync(TimeSpan.FromMilliseconds(20), abort);
        try
        {
            await processor.StopProcessingAsync(CancellationToken.None);
        }
        catch (Exception outage)
        {
            // Partitions that could not be given up expire.
            HostLog.BalancingFailed(call.Logger, hub.Name, HostLog.Cause(outage));
        }
    }

    /// <summary>Waits for storage and hub to be there.</summary>
    private async Task<bool> StartAsync(HubProcessor processor, CancellationToken stopping)
    {
        for (; !stopping.IsCancellationRequested; await WaitAsync(settings.BalanceInterval, stopping))
            try
            {
                await container.CreateIfNotExistsAsync(cancellationToken: stopping);
                await processor.StartProcessingAsync(stopping);
                return true;
            }
            catch (Exception outage) when (!stopping.IsCancellationRequested)
            {
                HostLog.BalancingFailed(call.Logger, hub.Name, HostLog.Cause(outage));
            }
            catch (OperationCanceledException)
            {
                // Stopping before it has begun.
            }
        return false;
    }

    private Task WaitAsync(TimeSpan span, CancellationToken cancellationToken) =>
        Task.Delay(span, call.Time, cancellationToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
