using IoTBackend.Core.Readings;
using IoTBackend.Core.Readings.CloudEvents;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Ingest;

/// <summary>One device's readings on their way into the log; one event there.</summary>
/// <param name="Body">Not compressed; must stay as it is until the append has returned.</param>
/// <param name="TraceParent">W3C trace context of the request.</param>
/// <param name="Event">Where the body is the data of a CloudEvent in binary mode.</param>
public readonly record struct TelemetryMessage(
    string DeviceId, ReadOnlyMemory<byte> Body, TelemetryFormat Format, string? TraceParent, CloudEventAttributes? Event = null);

/// <summary>The durable log of telemetry. Messages of one device stay in the order in which their appends were called.</summary>
public interface ITelemetryLog
{
    /// <summary>Connects, which the first append would have to wait for otherwise. Any number of times.</summary>
    /// <exception cref="UnavailableException">It cannot be reached; an append tries again.</exception>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Returns once the log has acknowledged the message.</summary>
    /// <exception cref="UnavailableException">The log did not acknowledge it, or too much is waiting already.</exception>
    ValueTask AppendAsync(TelemetryMessage message, CancellationToken cancellationToken);
}
