using IoTBackend.Core.Readings;
using IoTBackend.Core.Readings.CloudEvents;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Ingest;

/// <summary>A refused event as it is kept.</summary>
/// <param name="Id"><c>{yyyyMMdd}-{partition}-{sequence number}</c>: the event's, so that the same letter twice is one letter.</param>
/// <param name="EnqueuedAt">When the hub took it.</param>
/// <param name="DeviceId">Who sent it, as far as is known.</param>
/// <param name="Reason">Why it was refused; of an event whose readings were refused in part, one reason per reading.</param>
/// <param name="ContentType">As it came.</param>
/// <param name="ContentEncoding">As it came.</param>
/// <param name="EventTime">Of a CloudEvent in binary mode.</param>
/// <param name="OthersStored">Other readings of the event were taken in.</param>
/// <param name="Body">Its bytes, as they came; left out of listings.</param>
public sealed record StoredLetter(
    string Id, DateTimeOffset EnqueuedAt, string? DeviceId, string Reason, string? ContentType, string? ContentEncoding, string? EventTime, bool OthersStored, byte[]? Body);

/// <param name="Continuation">Where the next page begins; null = this was the last.</param>
public sealed record DeadLetterPage(IReadOnlyList<StoredLetter> DeadLetters, string? Continuation);

/// <summary>What was refused, for those who look after it.</summary>
public interface IDeadLetterBox
{
    /// <summary>Newest days first, without bodies.</summary>
    /// <param name="top">How many.</param>
    /// <param name="continuation">From the page before; null = from the start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<DeadLetterPage> ListAsync(int top, string? continuation, CancellationToken cancellationToken);

    Task<StoredLetter?> FindAsync(string id, CancellationToken cancellationToken);

    Task RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>How many there are.</summary>
    Task<int> CountAsync(CancellationToken cancellationToken);
}

/// <summary>Sends a refused event again, after what stood in its way was mended.</summary>
public sealed class ResubmitDeadLetter(IDeadLetterBox letters, ITelemetryLog log)
{
    /// <returns>Why it cannot be sent; Ok(null) = there is no such letter.</returns>
    public async Task<Result<StoredLetter?>> RunAsync(string id, CancellationToken cancellationToken)
    {
        if (await letters.FindAsync(id, cancellationToken) is not { } letter)
            return Result<StoredLetter?>.Ok(null);
        if (letter.OthersStored)
            return Result<StoredLetter?>.Rejected("Other readings of this event were stored and would be counted twice; let the device send the refused ones anew.");
        if (letter.DeviceId is not { Length: > 0 } deviceId)
            return Result<StoredLetter?>.Rejected("The event names no device, so it would be refused again.");
        if (TelemetryFormats.Of(letter.ContentType) is not { } format || ContentCodings.Of(letter.ContentEncoding) is not { } coding)
            return Result<StoredLetter?>.Rejected("Its content type or encoding is not one of telemetry, so it would be refused again.");
        ReadOnlyMemory<byte> body = letter.Body;
        TelemetryBody? inflated = null;
        if (coding != ContentCoding.Identity)
        {
            var result = TelemetryBody.Inflate(body, coding);
            if (result.Reason is { } reason)
                return Result<StoredLetter?>.Rejected(reason);
            inflated = result.Body!;
            body = inflated.Memory;
        }

        using (inflated)
        {
            // Sent before it is removed: a cut in between sends it twice, never not at all. What has no time of its own
            // keeps the one at which it first came.
            var at = letter.EventTime ?? letter.EnqueuedAt.ToString("O", System.Globalization.CultureInfo.InvariantCulture);
            var attributes = new CloudEventAttributes("1.0", letter.Id, "/dead-letters", "iot.telemetry.resubmitted", at);
            await log.AppendAsync(new(deviceId, body, format, null, attributes), cancellationToken);
        }

        await letters.RemoveAsync(id, cancellationToken);
        return letter with { Body = null };
    }
}
