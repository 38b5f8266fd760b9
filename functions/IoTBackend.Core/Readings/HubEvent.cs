using IoTBackend.Core.Readings.CloudEvents;

namespace IoTBackend.Core.Readings;

/// <summary>One event as the hub delivered it.</summary>
public readonly record struct HubEvent
{
    /// <summary>Place in its partition: the identity of the event.</summary>
    public required long SequenceNumber { get; init; }

    /// <summary>When the hub took it.</summary>
    public required DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>Stamped by the hub where the device sent by itself; then it <b>is</b> the device's id.</summary>
    public string? Publisher { get; init; }

    /// <summary>Set by ingest; worth nothing beside a publisher.</summary>
    public string? DeviceId { get; init; }

    /// <summary>Set by ingest; null on what a device sent by itself.</summary>
    public AppendId? Append { get; init; }

    public string? ContentType { get; init; }

    /// <summary>As the sender named it; null = not compressed.</summary>
    public string? ContentEncoding { get; init; }

    /// <summary>Where the body is the data of a CloudEvent in binary mode.</summary>
    public CloudEventAttributes? Event { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Why the message cannot be one of telemetry, whatever its body; null = it may be.</summary>
    public string? Problem { get; init; }

    public string? TraceParent { get; init; }

    /// <summary>Who said it; null = nobody we can name.</summary>
    public string? Sender => Publisher ?? DeviceId;
}
