using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Readings.CloudEvents;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Ingest;

/// <param name="Event">Where the body is the data of a CloudEvent in binary mode.</param>
internal readonly record struct TelemetryForm(TelemetryFormat Format, ContentCoding Coding, CloudEventAttributes? Event = null);

/// <summary>How a device wraps its readings, and how it is answered. All the rest is <see cref="TakeTelemetry"/>'s.</summary>
internal interface ITelemetryProtocol
{
    /// <summary>From the headers; or why it is not to be taken.</summary>
    (TelemetryForm Form, IResult? Refusal) FormOf(HttpRequest request);

    /// <summary>The readings inside of the body, in a form of ours.</summary>
    (TelemetryMessage Message, string? Refusal) Open(HttpRequest request, TelemetryMessage message) => (message, null);

    IResult Refuse(int status, string reason);

    IResult Answer(IngestOutcome outcome);

    /// <summary>A part that is refused is not named in the answer, so it goes to the hub with the rest and becomes a dead letter.</summary>
    bool KeepsRefused => false;
}
