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

/// <param name="Continuation">Where the next page begins, also where this one is short; null = this was the last.</param>
public sealed record DeadLetterPage(IReadOnlyList<StoredLetter> DeadLetters, string? Continuation);

/// <summary>What came of sending refused events again.</summary>
/// <param name="Sent">So many are on their way again.</param>
/// <param name="Kept">So many would be refused, or counted, again; they stay.</param>
/// <param name="Why">Of the first that is kept.</param>
/// <param name="Continuation">To go on with; null = these were the last.</param>
public sealed record Resubmitted(int Sent, int Kept, string? Why, string? Continuation);

/// <summary>What was refused, for those who look after it.</summary>
public interface IDeadLetterBox
{
    /// <summary>Newest days first, without bodies.</summary>
    /// <param name="top">How many.</param>
    /// <param name="continuation">From the page before; null = from the start.</param>
    /// <param name="reason">Only those in whose reason this stands, in capitals or not; a page looks at so many letters and no more. Null = any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<DeadLetterPage> ListAsync(int top, string? continuation, string? reason, CancellationToken cancellationToken);

    Task<StoredLetter?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Those of them that are there, with their bytes.</summary>
    Task<IReadOnlyList<StoredLetter>> FindAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken);

    Task RemoveAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken);

    /// <summary>How many there are.</summary>
    Task<int> CountAsync(CancellationToken cancellationToken);
}

/// <summary>Sends a refused event again, after what stood in its way was mended.</summary>
public sealed class ResubmitDeadLetter(IDeadLetterBox letters, ITelemetryLog log)
{
    /// <summary>Letters whose acknowledgement is waited for together; their bytes are held so long.</summary>
    private const int AtOnce = 20;

    /// <summary>
    /// Those of a reason, so many at a time and each page's oldest first. What is refused once more is newer than where this goes on, so it ends.
    /// </summary>
    public async Task<Resubmitted> RunAsync(string reason, int most, string? continuation, CancellationToken cancellationToken)
    {
        var page = await letters.ListAsync(most, continuation, reason, cancellationToken);
        var found = await letters.FindAsync([.. page.DeadLetters.Select(l => l.Id)], cancellationToken);
        var (sent, kept, why) = (new List<string>(), 0, default(string));
        try
        {
            foreach (var some in found.OrderBy(l => l.EnqueuedAt).Chunk(AtOnce))
            {
                var sending = some.Select(letter => (letter.Id, Sending: SendAsync(letter, cancellationToken))).ToList();
                // One that is not taken leaves the others' outcome to be seen to.
                await Task.WhenAll(sending.Select(Task (s) => s.Sending)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                sent.AddRange(sending.Where(s => s.Sending is { IsCompletedSuccessfully: true, Result: null }).Select(s => s.Id));
                foreach (var (_, outcome) in sending)
                {
                    if (await outcome is not { } refusal)
                        continue;
                    kept++;
                    why ??= refusal;
                }
            }
        }
        finally
        {
            await letters.RemoveAsync(sent, cancellationToken);
        }

        return new(sent.Count, kept, why, page.Continuation);
    }

    /// <returns>Why it cannot be sent; Ok(null) = there is no such letter.</returns>
    public async Task<Result<StoredLetter?>> RunAsync(string id, CancellationToken cancellationToken)
    {
        if (await letters.FindAsync(id, cancellationToken) is not { } letter)
            return Result<StoredLetter?>.Ok(null);
        if (await SendAsync(letter, cancellationToken) is { } refusal)
            return Result<StoredLetter?>.Rejected(refusal);
        // Sent before it is removed: a cut in between sends it twice, never not at all.
        await letters.RemoveAsync([id], cancellationToken);
        return letter with { Body = null };
    }

    /// <returns>Why it is not sent; null = the log has it.</returns>
    private async Task<string?> SendAsync(StoredLetter letter, CancellationToken cancellationToken)
    {
        if (letter.OthersStored)
            return "Other readings of this event were stored and would be counted twice; let the device send the refused ones anew.";
        if (letter.DeviceId is not { Length: > 0 } deviceId)
            return "The event names no device, so it would be refused again.";
        if (TelemetryFormats.Of(letter.ContentType) is not { } format || ContentCodings.Of(letter.ContentEncoding) is not { } coding)
            return "Its content type or encoding is not one of telemetry, so it would be refused again.";
        ReadOnlyMemory<byte> body = letter.Body;
        TelemetryBody? inflated = null;
        if (coding != ContentCoding.Identity)
        {
            var result = TelemetryBody.Inflate(body, coding);
            if (result.Reason is { } reason)
                return reason;
            inflated = result.Body!;
            body = inflated.Memory;
        }

        using (inflated)
        {
            // What has no time of its own keeps the one at which it first came.
            var at = letter.EventTime ?? letter.EnqueuedAt.ToString("O", System.Globalization.CultureInfo.InvariantCulture);
            var attributes = new CloudEventAttributes("1.0", letter.Id, "/dead-letters", "iot.telemetry.resubmitted", at);
            await log.AppendAsync(new(deviceId, body, format, null, attributes), cancellationToken);
        }

        return null;
    }
}
