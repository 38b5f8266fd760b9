using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>What an idempotent producer says of one batch: who it is, and the numbers of its first and last event.</summary>
internal readonly record struct PublishedBatch(long Producer, short Epoch, int First, int Last)
{
    /// <summary>From the annotations of one event; null when it carries none.</summary>
    public static PublishedBatch? Of(MessageSections message)
    {
        var producer = AmqpValue.Number(message.AnnotationValue("com.microsoft:producer-id"u8));
        var epoch = AmqpValue.Number(message.AnnotationValue("com.microsoft:producer-epoch"u8));
        var sequence = AmqpValue.Number(message.AnnotationValue("com.microsoft:producer-sequence-number"u8));
        return producer is null || epoch is null || sequence is null
            ? null
            : new(producer.Value, unchecked((short)epoch.Value), unchecked((int)sequence.Value), unchecked((int)sequence.Value));
    }

    /// <summary>From all events of a delivery; null when the first carries no number.</summary>
    /// <exception cref="AmqpException">The events do not carry consecutive numbers of one producer.</exception>
    public static PublishedBatch? Of(ReadOnlySpan<byte> payload, bool isBatch)
    {
        var envelope = MessageSections.Parse(payload);
        if (!isBatch) return Of(envelope);
        PublishedBatch? whole = null;
        var rest = new AmqpReader(envelope.Rest);
        for (var isFirst = true; MessageSections.NextInBatch(ref rest, out var message); isFirst = false)
        {
            var next = Of(MessageSections.Parse(message));
            if (isFirst) whole = next;
            else if (whole is null || next is null || !whole.Value.IsFollowedBy(next.Value)) throw OutOfOrder($"The events of the batch that begins with {whole?.First} are not numbered one after the other.");
            else whole = whole.Value with { Last = next.Value.Last };
        }
        return whole;
    }

    public bool IsFollowedBy(PublishedBatch next) => next.Producer == Producer && next.Epoch == Epoch && next.First == After(Last);

    /// <summary>Numbers go from 0 to 2,147,483,647 and begin again.</summary>
    public static int After(int sequence) => sequence == int.MaxValue ? 0 : sequence + 1;

    public static AmqpException OutOfOrder(string description) => new(AmqpError.OutOfOrderSequence, description);
}
