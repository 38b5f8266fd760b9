using Azure;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using IoTBackend.Local.FunctionsHost.Functions;
using IoTBackend.Local.FunctionsHost.Settings;

namespace IoTBackend.Local.FunctionsHost.EventHubs;

/// <summary>
/// Feeds one partition's events to the function, batch after batch in order, and checkpoints behind each: whether the function
/// succeeded or its retries were used up, but never when it was cancelled, for then nobody knows what it did.
/// </summary>
internal sealed class PartitionPump(IEventHub hub, Checkpoints checkpoints, BackgroundCall call, EventHubSettings settings, bool batched, string partitionId)
{
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(10);

    // After this long without an event the partition is idle.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, object?> metadata = PartitionMetadata.Of(hub, partitionId);
    private EventPosition? position;
    private EventData? uncommitted;
    private int sinceCheckpoint;

    /// <summary>
    /// Runs until <paramref name="stopping"/> and the end of the batch under way, until <paramref name="cancelled"/> (the partition is lost),
    /// or until another reader has taken the partition over. Waits out every outage.
    /// </summary>
    public async Task RunAsync(CancellationToken stopping, CancellationToken cancelled)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancelled);
        try
        {
            for (var failures = 0; !either.IsCancellationRequested; failures++)
                try
                {
                    position ??= await checkpoints.ReadAsync(partitionId, either.Token) ?? (settings.FromEnd ? EventPosition.Latest : EventPosition.Earliest);
                    await using var reader = hub.Open(partitionId, position.Value);
                    await PumpAsync(reader, () => failures = 0, stopping, cancelled, either.Token);
                }
                catch (EventHubsException disconnected) when (disconnected.Reason == EventHubsException.FailureReason.ConsumerDisconnected)
                {
                    HostLog.PartitionTaken(call.Logger, partitionId);
                    return;
                }
                catch (Exception outage) when (!either.IsCancellationRequested)
                {
                    HostLog.PartitionUnavailable(call.Logger, partitionId, HostLog.Cause(outage));
                    await Task.Delay(BackOff(failures), call.Time, either.Token);
                }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // Told to end; what was not checkpointed is read again by the next owner.
        }
        if (uncommitted is not null && !cancelled.IsCancellationRequested)
            await CheckpointAsync(uncommitted, cancelled);
    }

    private async Task PumpAsync(IPartitionReader reader, Action progressed, CancellationToken stopping, CancellationToken cancelled, CancellationToken either)
    {
        Task<IReadOnlyList<EventData>>? next = null;
        try
        {
            while (!either.IsCancellationRequested)
            {
                var events = await (next ?? ReadAsync(reader, either));
                // The next batch comes in while this one is worked on.
                next = ReadAsync(reader, either);
                progressed();
                if (events.Count > 0)
                    await ProcessAsync(events, stopping, cancelled);
                else if (uncommitted is not null)
                    // Idle: catches up on a checkpoint that storage did not take, or that was not due yet.
                    await CheckpointAsync(uncommitted, cancelled);
            }
        }
        finally
        {
            // Nothing is lost with it: what it read is behind the checkpoint.
            if (next is not null)
                await next.ContinueWith(read => read.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task<IReadOnlyList<EventData>> ReadAsync(IPartitionReader reader, CancellationToken cancellationToken)
    {
        var events = await reader.ReadAsync(settings.MaxBatch, Patience, cancellationToken);
        if (events.Count == 0 || events.Count >= settings.MinBatch)
            return events;
        var more = new List<EventData>(events);
        var started = call.Time.GetTimestamp();
        for (var left = settings.MaxWait; more.Count < settings.MinBatch && left > TimeSpan.Zero; left = settings.MaxWait - call.Time.GetElapsedTime(started))
            more.AddRange(await reader.ReadAsync(settings.MaxBatch - more.Count, left, cancellationToken));
        return more;
    }

    private async Task ProcessAsync(IReadOnlyList<EventData> events, CancellationToken stopping, CancellationToken cancelled)
    {
        if (batched)
            await call.RunAsync(events as EventData[] ?? [.. events], metadata, stopping, cancelled);
        else
            foreach (var one in events)
                await call.RunAsync(one, metadata, stopping, cancelled);
        // A function that did not look at its token: the partition may be another's by now, and so is its checkpoint.
        cancelled.ThrowIfCancellationRequested();
        uncommitted = events[^1];
        position = uncommitted.OffsetString is { } offset
            ? EventPosition.FromOffset(offset, isInclusive: false)
            : EventPosition.FromSequenceNumber(uncommitted.SequenceNumber, isInclusive: false);
        if (++sinceCheckpoint >= settings.CheckpointFrequency)
            await CheckpointAsync(uncommitted, cancelled);
    }

    private async Task CheckpointAsync(EventData last, CancellationToken cancelled)
    {
        try
        {
            await checkpoints.WriteAsync(partitionId, last, cancelled);
            (uncommitted, sinceCheckpoint) = (null, 0);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            // Lost while writing: the next owner starts a batch earlier.
        }
        catch (Exception outage) when (outage is RequestFailedException or AggregateException)
        {
            // The next checkpoint says all that this one would have said.
            HostLog.StorageUnavailable(call.Logger, $"the checkpoint of partition {partitionId}", HostLog.Cause(outage));
        }
    }

    private static TimeSpan BackOff(int failures)
    {
        var pause = TimeSpan.FromMilliseconds(200) * Math.Pow(2, Math.Min(failures, 10));
        return pause < LongestBackOff ? pause : LongestBackOff;
    }
}
