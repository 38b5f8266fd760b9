using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Processor;
using Google.Protobuf;
using IoTBackend.FunctionsHost.Protocol;

namespace IoTBackend.FunctionsHost.EventHubs;

/// <summary>Events gathered for one invocation, as the worker wants them: the AMQP messages' bytes, or for text parameters the bodies.</summary>
internal sealed class EventBatch(bool takesObjects)
{
    private readonly List<ModelBindingData> messages = [];
    private readonly List<string> texts = [];

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Behind the newest of them.</summary>
    public CheckpointPosition Last { get; private set; }

    public void Add(EventData @event)
    {
        var message = @event.GetRawAmqpMessage();
        if (takesObjects)
        {
            var bytes = message.ToBytes().ToMemory();
            messages.Add(new()
            {
                Version = "1.0",
                Source = "AzureEventHubsEventData",
                ContentType = "application/octet-stream",
                Content = UnsafeByteOperations.UnsafeWrap(bytes),
            });
            Bytes += bytes.Length;
        }
        else
        {
            // Bodies that are no bytes but an AMQP value or sequence have no text.
            texts.Add(message.Body.TryGetData(out var data) && data is not null ? string.Concat(data.Select(part => System.Text.Encoding.UTF8.GetString(part.Span))) : "");
            Bytes += texts[^1].Length;
        }
        Count++;
        Last = CheckpointPosition.FromEvent(@event);
    }

    /// <param name="batched">Whether the function takes several at once; else this is one.</param>
    public TypedData ToTypedData(bool batched)
    {
        if (!takesObjects)
            return batched ? new() { CollectionString = new() { String = { texts } } } : new() { String = texts[0] };
        return batched ? new() { CollectionModelBindingData = new() { ModelBindingData = { messages } } } : new() { ModelBindingData = messages[0] };
    }
}
