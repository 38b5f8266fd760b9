namespace IoTBackend.Core.Readings;

/// <summary>Reads an event as its sender made it: a device that sends straight to the hub has as many ways as one over HTTP. Not thread-safe.</summary>
public sealed class HubEventReader
{
    private readonly TelemetryParser _parser = new();

    /// <param name="event">Of whatever content; never makes this throw.</param>
    /// <param name="into">Cleared first.</param>
    public void Read(in HubEvent @event, ParsedTelemetry into)
    {
        if (@event.Problem is { } unusable)
            into.Refuse(unusable);
        else if (TelemetryFormats.Of(@event.ContentType) is not { } format)
            into.Refuse($"The content type is none of {TelemetryFormats.Supported}.");
        else if (ContentCodings.Of(@event.ContentEncoding) is not { } coding)
            into.Refuse($"The content encoding is none of {ContentCodings.Supported}.");
        else if (@event.Event?.Problem is { } problem)
            into.Refuse(problem);
        else if (coding == ContentCoding.Identity)
            _parser.Parse(@event.Body, format, @event.EnqueuedAt, into, @event.Event);
        else
            Inflate(@event, coding, format, into);
    }

    private void Inflate(in HubEvent @event, ContentCoding coding, TelemetryFormat format, ParsedTelemetry into)
    {
        var inflated = TelemetryBody.Inflate(@event.Body, coding);
        using var body = inflated.Body;
        if (body is null)
            into.Refuse(inflated.Reason!);
        else
            _parser.Parse(body.Memory, format, @event.EnqueuedAt, into, @event.Event);
    }
}
