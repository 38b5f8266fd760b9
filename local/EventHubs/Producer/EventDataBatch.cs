using Azure.Messaging.EventHubs.Amqp;

namespace Azure.Messaging.EventHubs.Producer;

/// <summary>Events that go to one partition together: all of them or none.</summary>
public sealed class EventDataBatch : IDisposable
{
    private readonly BatchEncoder? _encoder;
    private readonly IList<EventData>? _store;
    private readonly Func<EventData, bool>? _mayAdd;
    private readonly long _storeSizeInBytes;

    internal EventDataBatch(BatchEncoder encoder, SendEventOptions options) => (_encoder, Options) = (encoder, options);

    internal EventDataBatch(long sizeInBytes, IList<EventData> store, CreateBatchOptions? options, Func<EventData, bool>? mayAdd)
    {
        (_storeSizeInBytes, _store, _mayAdd) = (sizeInBytes, store, mayAdd);
        Options = options ?? new();
        MaximumSizeInBytes = options?.MaximumSizeInBytes ?? long.MaxValue;
    }

    public int Count => _encoder?.Count ?? _store!.Count;
    public long SizeInBytes => _encoder?.SizeInBytes ?? _storeSizeInBytes;
    public long MaximumSizeInBytes { get => _encoder?.MaximumSizeInBytes ?? field; }

    internal SendEventOptions Options { get; }
    internal BatchEncoder Encoder => _encoder ?? throw new InvalidOperationException("A batch made by the model factory cannot be sent.");

    /// <summary>False when the event does not fit any more: send this batch and put the event into the next.</summary>
    public bool TryAdd(EventData eventData)
    {
        ArgumentNullException.ThrowIfNull(eventData);
        if (_encoder is not null) return _encoder.TryAdd(eventData);
        if (_mayAdd?.Invoke(eventData) == false) return false;
        _store!.Add(eventData);
        return true;
    }

    public void Dispose() => _encoder?.Clear();
}
