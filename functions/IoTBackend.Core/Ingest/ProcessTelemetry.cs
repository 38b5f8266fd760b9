using System.Collections.Concurrent;
using IoTBackend.Core.Readings;
using IoTBackend.Core.State;

namespace IoTBackend.Core.Ingest;

/// <summary>
/// Takes a batch of one partition into the states of its devices. Bad input becomes dead letters and never stops the batch;
/// an unavailable store stops it, and the host delivers it again: what was stored before is recognised by its hub position.
/// </summary>
public sealed class ProcessTelemetry(
    IDeviceStates states, IDeadLetters deadLetters, DevicePolicies policies, TelemetryMeter meter)
{
    /// <summary>
    /// Shards of a partition written at the same time. At 15 ms a transaction that is 6,000 devices a second and partition;
    /// more would only queue up before what the same store is asked for an alert.
    /// </summary>
    private const int MaxConcurrentShards = 2;

    private readonly ConcurrentBag<(HubEventReader Reader, ParsedTelemetry Parsed)> _readers = [];

    public async Task RunAsync(int partition, IReadOnlyList<HubEvent> events, CancellationToken cancellationToken)
    {
        using var activity = TelemetryTracing.Process(partition, events);
        var letters = new List<DeadLetter>();
        var shards = new Dictionary<int, List<HubEvent>>();
        foreach (var @event in events)
        {
            if (@event.Sender is not { Length: > 0 } sender)
                letters.Add(new(partition, @event, "The event names no device."));
            else if (states.ShardOf(sender) is var shard && shards.TryGetValue(shard, out var list))
                list.Add(@event);
            else
                shards.Add(shard, [@event]);
        }

        if (letters.Count > 0)
        {
            await deadLetters.AddAsync(letters, cancellationToken);
            meter.Processed(letters.Count, new() { DeadLettered = letters.Count }, letters[0].Event.EnqueuedAt);
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrentShards, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(shards, options, async (shard, cancellation) => await TakeInAsync(partition, shard.Key, shard.Value, cancellation));
    }

    private async Task TakeInAsync(int partition, int shard, List<HubEvent> events, CancellationToken cancellationToken)
    {
        await using var store = await states.OpenAsync(shard, whole: true, cancellationToken);
        while (true)
        {
            var letters = new List<DeadLetter>();
            var (changes, outcomes) = await DecideAsync(store, partition, events, letters, cancellationToken);
            // Before the commit: after it a redelivery would skip the event, and with it what was refused of it.
            if (letters.Count > 0)
                await deadLetters.AddAsync(letters, cancellationToken);
            if (changes.Count > 0 && !await store.TryCommitAsync(changes, cancellationToken))
                continue;
            meter.Processed(events.Count, outcomes, events[0].EnqueuedAt);
            return;
        }
    }

    private async Task<(List<DeviceChange> Changes, EventOutcomes Outcomes)> DecideAsync(
        IDeviceShard store, int partition, List<HubEvent> events, List<DeadLetter> letters, CancellationToken cancellationToken)
    {
        if (!_readers.TryTake(out var reading))
            reading = (new(), new());
        var (reader, parsed) = reading;
        var updates = new Dictionary<string, DeviceUpdate?>(StringComparer.Ordinal);
        var changed = new HashSet<DeviceUpdate>();
        var outcomes = new EventOutcomes();
        foreach (var @event in events)
        {
            var sender = @event.Sender!;
            if (!updates.TryGetValue(sender, out var update))
                updates.Add(sender, update = await StartAsync(store, sender, cancellationToken));
            if (update is null)
            {
                letters.Add(new(partition, @event, $"Device {sender} is not registered."));
                outcomes.DeadLettered++;
                continue;
            }

            if (update.HasSeen(partition, @event))
            {
                outcomes.Duplicates++;
                continue;
            }

            if (!update.Device.Enabled)
            {
                letters.Add(new(partition, @event, $"Device {sender} is disabled."));
                outcomes.DeadLettered++;
                continue;
            }

            reader.Read(@event, parsed);
            if (parsed.Unreadable is not null)
                letters.Add(new(partition, @event, parsed.Unreadable));
            foreach (var rejection in parsed.Rejected)
                letters.Add(new(partition, @event, $"Reading {rejection.Index}: {rejection.Reason}", parsed.Accepted.Count > 0));
            if (parsed.Accepted.Count == 0)
            {
                outcomes.DeadLettered++;
                continue;
            }

            update.Observe(partition, @event, parsed.Accepted);
            outcomes.Stored++;
            outcomes.Readings += parsed.Accepted.Count;
            outcomes.RefusedReadings += parsed.Rejected.Count;
            changed.Add(update);
        }

        _readers.Add(reading);
        return ([.. changed.Select(u => u.ToChange(lazily: true))], outcomes);
    }

    private async ValueTask<DeviceUpdate?> StartAsync(IDeviceShard store, string deviceId, CancellationToken cancellationToken) =>
        await policies.FindAsync(deviceId, cancellationToken) is var (device, policy)
            ? new(device, policy, await store.GetAsync(deviceId, cancellationToken))
            : null;
}
