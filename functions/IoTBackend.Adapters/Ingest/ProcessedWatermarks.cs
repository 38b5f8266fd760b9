using IoTBackend.Core.State;

namespace IoTBackend.Adapters.Ingest;

/// <summary>
/// Remembers where the hub was each time it was asked. Once the processor has come that far, everything that arrived before
/// that question was processed: the watermark needs no write of its own, and moves under steady load too.
/// </summary>
public sealed class ProcessedWatermarks(HubProgress progress) : IProcessedWatermarks
{
    /// <summary>Questions kept per partition; a processor that lags by more is judged when it catches up.</summary>
    private const int MaxSamples = 1_000;

    private readonly Dictionary<int, Queue<(DateTimeOffset AskedAt, long LastEnqueued)>> _samples = [];
    private readonly Dictionary<int, DateTimeOffset> _watermarks = [];

    public async Task<IReadOnlyList<DateTimeOffset?>> ReadAsync(CancellationToken cancellationToken)
    {
        var partitions = await progress.ReadAsync(cancellationToken);
        lock (_samples)
            return [.. partitions.Select(Advance)];
    }

    private DateTimeOffset? Advance(PartitionProgress partition)
    {
        if (!_samples.TryGetValue(partition.Partition, out var samples))
            _samples.Add(partition.Partition, samples = new());
        // What a hub that has lost its events takes now is not processed: nobody may be judged by it.
        if (partition.Error is not null)
            samples.Clear();
        else if (samples.Count < MaxSamples)
            samples.Enqueue((partition.AskedAt, partition.LastEnqueued));
        while (samples.TryPeek(out var sample) && sample.LastEnqueued <= partition.Processed)
        {
            _watermarks[partition.Partition] = sample.AskedAt;
            samples.Dequeue();
        }

        return _watermarks.TryGetValue(partition.Partition, out var watermark) ? watermark : null;
    }
}
