using System.ComponentModel.DataAnnotations;

namespace IoTBackend.Adapters.Ingest;

/// <summary>
/// The telemetry hub. The connection itself is the setting <c>EventHub</c> (a connection string), or
/// <c>EventHub__fullyQualifiedNamespace</c> with a managed identity.
/// </summary>
public sealed record EventHubOptions
{
    public const string Section = "EventHub";

    /// <summary>The hub. A constant: the trigger, the device tokens and the templates must mean the same one.</summary>
    public const string Hub = "telemetry";

    /// <summary>The consumer group of ProcessTelemetry: the one that every tier has. Who wants to read along makes a group of their own.</summary>
    public const string ProcessorGroup = "$Default";

    /// <summary>Host of the namespace, without scheme, where no connection string is given.</summary>
    public string? FullyQualifiedNamespace { get; init; }

    /// <summary>Bytes of telemetry that may wait for the hub's acknowledgement before ingest answers 503.</summary>
    [Range(1 << 20, 1 << 30)]
    public int MaxWaitingBytes { get; init; } = 64 << 20;

    /// <summary>Time for one attempt to send, after which it counts as failed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
