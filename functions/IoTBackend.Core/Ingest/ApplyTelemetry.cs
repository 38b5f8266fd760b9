using System.Collections.Concurrent;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Shared;
using IoTBackend.Core.State;

namespace IoTBackend.Core.Ingest;

/// <summary>
/// Takes a batch of one partition into the states of its devices. Bad input becomes dead letters and never stops the batch,
/// and so does what the store refuses for good, down to the single event; an unavailable store stops it, and the host delivers
/// it again: what was stored before is recognised by its hub position.
/// </summary>
public sealed class ApplyTelemetry(
    IDeviceStates states, IDeadLetters deadLetters, DevicePolicies policies, TelemetryMeter meter)
{
    /// <summary>
    /// Shards of a partition written at the same time. At 15 ms a transaction that is 6,000 devices a second and partition;
    /// more would only queue up before what the same store is asked for an alert.
    /// </summary>
    private const int MaxConcurrentShards = 2;

    /// <summary>
    /// Bodies taken in at a time. A batch is counted in events by the trigger, and 3,000 events may be 700 KB or 3 GB: what is
    /// inflated, read and set aside of them is held for so many bytes, or one event, at once.
    /// </summary>
    private const int MaxBytes = 16 << 20;

    private readonly ConcurrentBag<(HubEventReader Reader, ParsedTelemetry Parsed)> _readers = [];

    public async Task RunAsync(int partition, IReadOnlyList<HubEvent> events, CancellationToken cancellationToken)
    {
        using var activity = TelemetryTracing.Process(partition, events);
        for (var start = 0; start < events.Count;)
        {
            var (end, bytes) = (start + 1, events[start].Body.Length);
            while (end < events.Count && (bytes += events[end].Body.Length) <= MaxBytes)
                end++;
            await TakeInAsync(partition, events, start..end, cancellationToken);
            start = end;
        }
    }

    private async Task TakeInAsync(int partition, IReadOnlyList<HubEvent> events, Range slice, CancellationToken cancellationToken)
    {
        var letters = new List<DeadLetter>();
        var shards = new Dictionary<int, List<HubEvent>>();
        for (var i = slice.Start.Value; i < slice.End.Value; i++)
        {
            var @event = events[i];
            if (@event.Sender is not { } sender || !Name.IsValid(sender))
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
        await Parallel.ForEachAsync(shards, options, async (shard, cancellation) =>
        {
            await using var store = await states.OpenAsync(shard.Key, whole: true, cancellation);
            await TakeInAsync(store, partition, shard.Value, cancellation);
        });
    }

    private async Task TakeInAsync(IDeviceShard store, int partition, List<HubEvent> events, CancellationToken cancellationToken)
    {
        while (true)
        {
            var letters = new List<DeadLetter>();
            var decided = await DecideAsync(store, partition, events, letters, cancellationToken);
            // Before the commit: after it a redelivery would skip the event, and with it what was refused of it.
            if (letters.Count > 0)
                await deadLetters.AddAsync(letters, cancellationToken);
            IReadOnlyList<RefusedChange> refused = [];
            try
            {
                if (decided.Changes.Count > 0 && !await store.TryCommitAsync(decided.Changes, cancellationToken))
                    continue;
            }
            catch (ChangesRefusedException e)
            {
                refused = e.Refused;
            }

            var (received, outcomes) = decided.Without(refused);
            if (received > 0)
                meter.Processed(received, outcomes, events[0].EnqueuedAt);
            foreach (var (deviceId, reason) in refused)
                await IsolateAsync(store, partition, events.FindAll(e => e.Sender == deviceId), reason, cancellationToken);
            return;
        }
    }

    /// <summary>Finds the event that the store will not have, sets it aside and takes in the others of its device.</summary>
    private async Task IsolateAsync(IDeviceShard store, int partition, List<HubEvent> events, string reason, CancellationToken cancellationToken)
    {
        if (events is [var poison])
        {
            await deadLetters.AddAsync([new(partition, poison, $"What the event changes cannot be stored: {reason}")], cancellationToken);
            meter.Processed(1, new() { DeadLettered = 1 }, poison.EnqueuedAt);
            return;
        }

        var half = events.Count / 2;
        await TakeInAsync(store, partition, events[..half], cancellationToken);
        await TakeInAsync(store, partition, events[half..], cancellationToken);
    }

    private async Task<Decided> DecideAsync(
        IDeviceShard store, int partition, List<HubEvent> events, List<DeadLetter> letters, CancellationToken cancellationToken)
    {
        if (!_readers.TryTake(out var reading))
            reading = (new(), new());
        var (reader, parsed) = reading;
        var senders = new Dictionary<string, Sender?>(StringComparer.Ordinal);
        var strangers = new EventOutcomes();
        foreach (var @event in events)
        {
            var id = @event.Sender!;
            if (!senders.TryGetValue(id, out var sender))
                senders.Add(id, sender = await StartAsync(store, id, cancellationToken));
            if (sender is null)
            {
                letters.Add(new(partition, @event, $"Device {id} is not registered."));
                strangers.DeadLettered++;
            }
            else if (sender.Update.HasSeen(partition, @event))
            {
                sender.Outcomes.Duplicates++;
            }
            else if (!sender.Update.Device.Enabled)
            {
                letters.Add(new(partition, @event, $"Device {id} is disabled."));
                sender.Outcomes.DeadLettered++;
            }
            else if (Take(reader, parsed, partition, @event, sender) is { } letter)
            {
                letters.Add(letter);
            }
        }

        _readers.Add(reading);
        return new(senders.Values.OfType<Sender>().ToList(), strangers);
    }

    /// <returns>What was refused of it; null = nothing.</returns>
    private static DeadLetter? Take(HubEventReader reader, ParsedTelemetry parsed, int partition, in HubEvent @event, Sender sender)
    {
        ref var outcomes = ref sender.Outcomes;
        try
        {
            reader.Read(@event, parsed);
            if (parsed.Accepted.Count > 0)
                sender.Update.Observe(partition, @event, parsed.Accepted);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A mistake of ours that this event brings out. Thrown on, it would come again with each redelivery and hold up
            // every other device of the partition for good; set aside, it can be looked at and sent again once it is mended.
            outcomes.DeadLettered++;
            return new(partition, @event, $"The event brought out a fault of the backend ({e.GetType().Name} in {e.TargetSite?.DeclaringType?.Name}).");
        }

        if (parsed.Accepted.Count == 0)
        {
            outcomes.DeadLettered++;
        }
        else
        {
            outcomes.Stored++;
            outcomes.Readings += parsed.Accepted.Count;
            outcomes.RefusedReadings += parsed.RejectedCount;
            outcomes.Ignore(parsed);
        }

        return parsed.Refusal is { } refusal ? new(partition, @event, refusal, parsed.Accepted.Count > 0) : null;
    }

    private async ValueTask<Sender?> StartAsync(IDeviceShard store, string deviceId, CancellationToken cancellationToken) =>
        await policies.FindAsync(deviceId, cancellationToken) is var (device, policy)
            ? new(new(device, policy, await store.GetAsync(deviceId, cancellationToken)))
            : null;

    /// <summary>A device that has events in the batch, and how they ended.</summary>
    private sealed class Sender(DeviceUpdate update)
    {
        public EventOutcomes Outcomes;

        public DeviceUpdate Update => update;
    }

    /// <summary>What a shard's events come to.</summary>
    private readonly struct Decided(List<Sender> senders, EventOutcomes strangers)
    {
        public List<DeviceChange> Changes { get; } = [.. senders.Where(s => s.Update.IsChanged).Select(s => s.Update.ToChange(lazily: true))];

        /// <summary>How the events ended of all but the devices whose changes were refused.</summary>
        public (int Received, EventOutcomes Outcomes) Without(IReadOnlyList<RefusedChange> refused)
        {
            var sum = strangers;
            foreach (var sender in senders)
            {
                if (refused.Count == 0 || !refused.Any(r => r.DeviceId == sender.Update.Device.Id))
                    sum += sender.Outcomes;
            }

            return (sum.Stored + sum.Duplicates + sum.DeadLettered, sum);
        }
    }
}
