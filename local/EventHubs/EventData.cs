using System.Collections.ObjectModel;

namespace Azure.Messaging.EventHubs;

/// <summary>An event: a body, free properties, and, once received, the place it has in its partition.</summary>
public class EventData : MessageContent
{
    private static readonly ReadOnlyDictionary<string, object> NoSystemProperties = new(new Dictionary<string, object>());
    private BinaryData _body;
    private Dictionary<string, object>? _properties;

    public EventData() : this(new BinaryData(ReadOnlyMemory<byte>.Empty)) { }
    public EventData(BinaryData eventBody) => _body = eventBody ?? throw new ArgumentNullException(nameof(eventBody));
    public EventData(ReadOnlyMemory<byte> eventBody) : this(new BinaryData(eventBody)) { }
    public EventData(string eventBody) : this(new BinaryData(eventBody)) { }

    /// <summary>As the SDK's: for the model factory and for subclasses in tests.</summary>
    protected EventData(
        BinaryData eventBody,
        IDictionary<string, object>? properties = null,
        IReadOnlyDictionary<string, object>? systemProperties = null,
        long sequenceNumber = long.MinValue,
        string? offsetString = null,
        DateTimeOffset enqueuedTime = default,
        string? partitionKey = null) : this(eventBody)
    {
        if (properties is not null) _properties = new(properties);
        if (systemProperties is not null) SystemProperties = systemProperties;
        SequenceNumber = sequenceNumber;
        OffsetString = offsetString;
        EnqueuedTime = enqueuedTime;
        PartitionKey = partitionKey;
    }

    public BinaryData EventBody { get => _body; set => _body = value ?? throw new ArgumentNullException(nameof(value)); }
    public ReadOnlyMemory<byte> Body => _body.ToMemory();
    public Stream BodyAsStream => _body.ToStream();
    public override BinaryData? Data { get => _body; set => EventBody = value!; }
    public new string? ContentType { get; set; }
    protected override Core.ContentType? ContentTypeCore
    {
        get => ContentType is null ? null : new Core.ContentType(ContentType);
        set => ContentType = value?.ToString();
    }
    public override bool IsReadOnly => false;
    public string? CorrelationId { get; set; }
    public string? MessageId { get; set; }
    public IDictionary<string, object> Properties => _properties ??= [];

    /// <summary>What the hub added besides the members below: annotations under their wire names, e.g. <c>x-opt-publisher</c>.</summary>
    public IReadOnlyDictionary<string, object> SystemProperties { get; internal init; } = NoSystemProperties;

    /// <summary>Place in the partition, without holes; <see cref="long.MinValue"/> before it was received.</summary>
    public long SequenceNumber { get; internal init; } = long.MinValue;

    /// <summary>Opaque: only good to be handed back to the hub.</summary>
    public string? OffsetString { get; internal init; }

    /// <summary>UTC time at which the hub took the event.</summary>
    public DateTimeOffset EnqueuedTime { get; internal init; }

    public string? PartitionKey { get; internal init; }

    internal bool HasProperties => _properties is { Count: > 0 };

    internal Dictionary<string, object>? OwnProperties { init => _properties = value; }
}
