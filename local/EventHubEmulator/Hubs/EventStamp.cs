using System.Buffers.Text;
using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Storage;

namespace IoTBackend.EventHubEmulator.Hubs;

/// <summary>What a sender delivers, and what the hub knows of it besides.</summary>
internal readonly ref struct IncomingEvents(ReadOnlySpan<byte> payload, bool isBatch, ReadOnlySpan<byte> partitionKey, ReadOnlySpan<byte> publisher, bool mayHaveOwnKeys = false)
{
    public ReadOnlySpan<byte> Payload { get; } = payload;
    public bool IsBatch { get; } = isBatch;
    public ReadOnlySpan<byte> PartitionKey { get; } = partitionKey;
    public ReadOnlySpan<byte> Publisher { get; } = publisher;

    /// <summary>
    /// The sender named the partition: what a client that hashes keys itself, as the buffered producer does, says of each event is kept.
    /// </summary>
    public bool MayHaveOwnKeys { get; } = mayHaveOwnKeys;
}

/// <summary>Writes events as they will be delivered: the hub's annotations first, then the sender's own, the reserved ones left out.</summary>
internal static class EventStamp
{
    public static void Write(ref BatchWriter writer, IncomingEvents events)
    {
        var envelope = MessageSections.Parse(events.Payload);
        if (!events.IsBatch)
        {
            WriteEvent(ref writer, envelope, events);
            return;
        }
        var before = writer.NextSequence;
        var rest = new AmqpReader(envelope.Rest);
        while (MessageSections.NextInBatch(ref rest, out var message)) WriteEvent(ref writer, MessageSections.Parse(message), events);
        if (writer.NextSequence == before) throw new AmqpException(AmqpError.DecodeError, "The batch holds no event.");
    }

    private static void WriteEvent(ref BatchWriter writer, scoped MessageSections message, scoped IncomingEvents events)
    {
        if (message.HeaderSection.Length > ushort.MaxValue) throw new AmqpException(AmqpError.DecodeError, "The message header is too long.");
        writer.Begin();
        var output = writer.Output;
        output.Raw(message.HeaderSection);
        output.Descriptor(0x72);
        var map = output.BeginMap(0);
        var pairs = 3;
        output.Symbol("x-opt-sequence-number"u8);
        output.Long(writer.NextSequence);
        output.Symbol("x-opt-offset"u8);
        Span<byte> offset = stackalloc byte[20];
        Utf8Formatter.TryFormat(writer.NextOffset, offset, out var digits);
        output.Text(offset[..digits]);
        output.Symbol("x-opt-enqueued-time"u8);
        output.Timestamp(writer.EnqueuedMilliseconds);
        var key = events.MayHaveOwnKeys ? message.Annotation("x-opt-partition-key"u8) : default;
        if (key.IsEmpty) key = events.PartitionKey;
        if (!key.IsEmpty)
        {
            output.Symbol("x-opt-partition-key"u8);
            output.Text(key);
            pairs++;
        }
        if (!events.Publisher.IsEmpty)
        {
            output.Symbol("x-opt-publisher"u8);
            output.Text(events.Publisher);
            pairs++;
        }
        if (!message.AnnotationMap.IsEmpty) pairs += CopyOwn(message.AnnotationMap, output);
        output.End(map);
        output.Patch(map + 4, pairs * 2);
        output.Raw(message.Rest);
        writer.End(message.HeaderSection.Length);
    }

    private static int CopyOwn(ReadOnlySpan<byte> annotations, AmqpWriter output)
    {
        var map = new AmqpReader(annotations).ReadMap(out var pairs);
        var copied = 0;
        for (var i = 0; i < pairs; i++)
        {
            var key = map.ReadRaw();
            var value = map.ReadRaw();
            if (IsReserved(key)) continue;
            output.Raw(key);
            output.Raw(value);
            copied++;
        }
        return copied;
    }

    private static bool IsReserved(ReadOnlySpan<byte> key)
    {
        if (key[0] is not (0xa1 or 0xa3 or 0xb1 or 0xb3)) return false;
        var name = new AmqpReader(key).ReadTextBytes();
        return name.SequenceEqual("x-opt-sequence-number"u8) || name.SequenceEqual("x-opt-offset"u8)
            || name.SequenceEqual("x-opt-enqueued-time"u8) || name.SequenceEqual("x-opt-partition-key"u8)
            || name.SequenceEqual("x-opt-publisher"u8);
    }
}
