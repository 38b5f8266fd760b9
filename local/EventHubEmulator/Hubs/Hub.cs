using System.Collections.Concurrent;
using System.Text;
using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Storage;

namespace IoTBackend.EventHubEmulator.Hubs;

/// <summary>One event hub: partitions, consumer groups, publishers.</summary>
internal sealed class Hub : IDisposable
{
    public const int MaximumMessageBytes = 1024 * 1024;
    private readonly HashSet<string> _consumerGroups;
    private readonly ConcurrentDictionary<(string Group, int Partition), ReaderSlots> _readers = new();
    private int _roundRobin = -1;

    public Hub(string name, IReadOnlyList<PartitionLog> partitions, IEnumerable<string> consumerGroups, DateTimeOffset createdAt, RevokedPublishers revoked)
    {
        (Name, Partitions, CreatedAt, Revoked) = (name, partitions, createdAt, revoked);
        _consumerGroups = new(consumerGroups.Append("$default"), StringComparer.OrdinalIgnoreCase);
    }

    public string Name { get; }
    public DateTimeOffset CreatedAt { get; }
    public IReadOnlyList<PartitionLog> Partitions { get; }
    public RevokedPublishers Revoked { get; }

    /// <exception cref="AmqpException">There is no such partition.</exception>
    public int PartitionIndex(string id) =>
        int.TryParse(id, System.Globalization.NumberStyles.None, null, out var index) && index < Partitions.Count && index.ToString(null, null) == id
            ? index
            : throw new AmqpException(AmqpError.ArgumentOutOfRange, $"The specified partition '{Shorten(id)}' is invalid for the event hub '{Name}', which has {Partitions.Count} partitions.");

    /// <exception cref="AmqpException">There is no such consumer group.</exception>
    public ReaderSlots ReadersOf(string group, int partition) => _consumerGroups.Contains(group)
        ? _readers.GetOrAdd((group.ToLowerInvariant(), partition), _ => new())
        : throw new AmqpException(AmqpError.NotFound, $"The messaging entity '{Name}/ConsumerGroups/{Shorten(group)}' could not be found.");

    /// <summary>Stores one delivery, a message or a batch, on one partition: the given one, or the key's, or the next in turn.</summary>
    /// <exception cref="AmqpException">It is malformed; nothing was stored.</exception>
    /// <param name="isIdempotent">The sender numbers what it sends, so that a repeat is not stored again; only for one partition.</param>
    public void Append(ReadOnlySpan<byte> payload, bool isBatch, int? partition, string? publisher, bool isIdempotent, IAppendObserver observer)
    {
        var batch = isIdempotent && partition is not null ? PublishedBatch.Of(payload, isBatch) : null;
        var publisherUtf8 = publisher is null ? default : Encoding.UTF8.GetBytes(publisher).AsSpan();
        var key = publisher is null ? MessageSections.Parse(payload).Annotation("x-opt-partition-key"u8) : publisherUtf8;
        var index = partition ?? (key.IsEmpty
            ? (int)((uint)Interlocked.Increment(ref _roundRobin) % (uint)Partitions.Count)
            : PartitionKeyHash.PartitionOf(key, Partitions.Count));
        Partitions[index].Append(EventStamp.Write, new IncomingEvents(payload, isBatch, key, publisherUtf8, partition is not null), observer, batch);
    }

    public void Dispose()
    {
        foreach (var partition in Partitions) partition.Dispose();
    }

    private static string Shorten(string name) => name.Length > 100 ? name[..100] : name;
}
