using Azure;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Processor;
using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Protocol;
using IoTBackend.FunctionsHost.Settings;

namespace IoTBackend.FunctionsHost.EventHubs;

/// <summary>
/// Feeds one partition's events to the function, batch after batch in order, and checkpoints behind each: whether the function
/// succeeded or its retries were used up, as Azure's host does, but never when it was cancelled, for then nobody knows what it did.
/// </summary>
/// <param name="call">The function.</param>
/// <param name="settings">When a batch is due.</param>
/// <param name="partitionId">Of what the events are.</param>
/// <param name="metadata">What the function is told of the partition.</param>
/// <param name="checkpoint">Remembers how far the partition was processed.</param>
internal sealed class PartitionFeed(
    BackgroundCall call, EventHubSettings settings, string partitionId, IReadOnlyDictionary<string, TypedData> metadata,
    Func<CheckpointPosition, CancellationToken, Task> checkpoint)
{
    private readonly bool batched = !"One".Equals(call.Function["cardinality"], StringComparison.OrdinalIgnoreCase);
    private EventBatch batch = new(call.Function.TakesObjects);
    private long batchStarted;
    private CheckpointPosition? uncommitted;
    private int sinceCheckpoint;

    /// <summary>Takes some more events, or none when there were none for a while, and calls the function with what is due.</summary>
    /// <param name="events">In order.</param>
    /// <param name="stopping">No further batch is begun; what waits is left to the next owner.</param>
    /// <param name="cancelled">The partition is lost, or patience is at its end.</param>
    public async Task TakeAsync(IEnumerable<EventData> events, CancellationToken stopping, CancellationToken cancelled)
    {
        foreach (var one in events)
        {
            if (stopping.IsCancellationRequested)
                return;
            if (batch.Count == 0)
                batchStarted = call.Time.GetTimestamp();
            batch.Add(one);
            if (!batched || batch.Count >= settings.MaxBatch || batch.Bytes >= settings.MaxBatchBytes)
                await ProcessAsync(stopping, cancelled);
        }
        if (batch.Count > 0 && (batch.Count >= settings.MinBatch || call.Time.GetElapsedTime(batchStarted) >= settings.MaxWait))
            await ProcessAsync(stopping, cancelled);
        else if (batch.Count == 0)
            await CatchUpAsync(cancelled);
    }

    /// <summary>Checkpoints what storage did not take, or was not due yet.</summary>
    public Task CatchUpAsync(CancellationToken cancelled) => uncommitted is null ? Task.CompletedTask : CheckpointAsync(cancelled);

    private async Task ProcessAsync(CancellationToken stopping, CancellationToken cancelled)
    {
        var due = batch;
        batch = new(call.Function.TakesObjects);
        await call.RunAsync(due.ToTypedData(batched), metadata, stopping, cancelled);
        // A function that did not look at its token: the partition may be another's by now, and so is its checkpoint.
        cancelled.ThrowIfCancellationRequested();
        uncommitted = due.Last;
        if (++sinceCheckpoint >= settings.CheckpointFrequency)
            await CheckpointAsync(cancelled);
    }

    private async Task CheckpointAsync(CancellationToken cancelled)
    {
        try
        {
            await checkpoint(uncommitted!.Value, cancelled);
            (uncommitted, sinceCheckpoint) = (null, 0);
        }
        catch (Exception outage) when (outage is RequestFailedException or AggregateException && !cancelled.IsCancellationRequested)
        {
            // The next checkpoint says all that this one would have said.
            HostLog.StorageUnavailable(call.Logger, $"the checkpoint of partition {partitionId}", HostLog.Cause(outage));
        }
    }
}
