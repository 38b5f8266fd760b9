using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Azure.Messaging.EventHubs.Consumer;

namespace Azure.Messaging.EventHubs.Amqp;

/// <summary>Turns a delivered message into an event.</summary>
internal static class EventDecoder
{
    public static EventData Decode(Message message)
    {
        long sequenceNumber = long.MinValue;
        string? offset = null, partitionKey = null;
        DateTimeOffset enqueuedTime = default;
        Dictionary<string, object>? system = null;
        foreach (var (key, value) in message.MessageAnnotations?.Map ?? [])
        {
            switch (key.ToString())
            {
                case "x-opt-sequence-number": sequenceNumber = (long)value; break;
                case "x-opt-offset": offset = value?.ToString(); break;
                case "x-opt-enqueued-time": enqueuedTime = ToTime(value); break;
                case "x-opt-partition-key": partitionKey = value?.ToString(); break;
                case { } name: (system ??= [])[name] = Plain(value)!; break;
            }
        }
        if (message.Properties?.ContentEncoding is { } encoding)
            (system ??= [])["content-encoding"] = encoding.ToString();
        var data = new ReceivedEventData(BodyOf(message), system, sequenceNumber, offset, enqueuedTime, partitionKey, Properties(message));
        if (message.Properties is { } properties)
        {
            data.MessageId = properties.GetMessageId()?.ToString();
            data.CorrelationId = properties.GetCorrelationId()?.ToString();
            data.ContentType = properties.ContentType?.ToString();
        }
        return data;
    }

    /// <summary>The runtime metric, where the hub sent it.</summary>
    public static LastEnqueuedEventProperties? LastEnqueued(Message message)
    {
        if (message.DeliveryAnnotations?.Map is not { } map) return null;
        if (map[new Symbol("last_enqueued_sequence_number")] is not long sequence) return null;
        return new(sequence, map[new Symbol("last_enqueued_offset")]?.ToString(),
            ToTime(map[new Symbol("last_enqueued_time_utc")]), ToTime(map[new Symbol("runtime_info_retrieval_time_utc")]));
    }

    private static ReadOnlyMemory<byte> BodyOf(Message message) => message.BodySection switch
    {
        // No copy: the frame's buffer lives as long as the event.
        Data { Buffer: { } bytes } => bytes.Buffer.AsMemory(bytes.Offset, bytes.Length),
        Data { Binary: { } bytes } => bytes,
        AmqpValue { Value: byte[] bytes } => bytes,
        AmqpValue { Value: string text } => System.Text.Encoding.UTF8.GetBytes(text),
        DataList list => Enumerable.Range(0, list.Count).SelectMany(index => list[index].Binary).ToArray(),
        _ => ReadOnlyMemory<byte>.Empty,
    };

    private static Dictionary<string, object>? Properties(Message message)
    {
        if (message.ApplicationProperties?.Map is not { Count: > 0 } map) return null;
        var properties = new Dictionary<string, object>(map.Count);
        foreach (var (key, value) in map) properties[key.ToString()!] = Plain(value)!;
        return properties;
    }

    private static object? Plain(object? value) => value switch
    {
        Symbol symbol => symbol.ToString(),
        DescribedValue { Descriptor: Symbol name, Value: long ticks } when name == "com.microsoft:datetime-offset" => new DateTimeOffset(ticks, TimeSpan.Zero),
        DescribedValue { Descriptor: Symbol name, Value: long ticks } when name == "com.microsoft:timespan" => new TimeSpan(ticks),
        DescribedValue { Descriptor: Symbol name, Value: string text } when name == "com.microsoft:uri" => new Uri(text, UriKind.RelativeOrAbsolute),
        DescribedValue described => described.Value,
        _ => value,
    };

    private static DateTimeOffset ToTime(object? value) => value is DateTime time ? new(DateTime.SpecifyKind(time, DateTimeKind.Utc)) : default;

    private sealed class ReceivedEventData : EventData
    {
        public ReceivedEventData(
            ReadOnlyMemory<byte> body,
            Dictionary<string, object>? system,
            long sequenceNumber,
            string? offset,
            DateTimeOffset enqueuedTime,
            string? partitionKey,
            Dictionary<string, object>? properties) : base(new BinaryData(body))
        {
            (SequenceNumber, OffsetString, EnqueuedTime, PartitionKey) = (sequenceNumber, offset, enqueuedTime, partitionKey);
            OwnProperties = properties;
            if (system is not null) SystemProperties = system;
        }
    }
}
