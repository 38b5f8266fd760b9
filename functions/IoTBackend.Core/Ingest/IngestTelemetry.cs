using System.Buffers;
using System.Runtime.CompilerServices;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Ingest;

/// <param name="Accepted">Readings in the log now.</param>
/// <param name="Rejected">Readings that were not taken, with the reason for each.</param>
/// <param name="Unreadable">Why the body as a whole was refused; nothing was taken then.</param>
public sealed record IngestOutcome(int Accepted, IReadOnlyList<Rejection> Rejected, string? Unreadable = null)
{
    /// <summary>The usual answer, made once.</summary>
    public static readonly IngestOutcome One = new(1, []);
}

/// <summary>Takes what a device sent over HTTP: judges each reading, appends the good ones, answers once they are durable.</summary>
public sealed class IngestTelemetry(ITelemetryLog log, TelemetryMeter meter, TimeProvider time)
{
    [ThreadStatic]
    private static (TelemetryParser Parser, ParsedTelemetry Parsed)? t_parsing;

    /// <param name="message">Of a device that has proved who it is; the body is not compressed.</param>
    /// <param name="cancellationToken">Given up by the device; what was sent to the log stays there.</param>
    /// <exception cref="UnavailableException">The log did not acknowledge: nothing was taken.</exception>
    public ValueTask<IngestOutcome> RunAsync(TelemetryMessage message, CancellationToken cancellationToken)
    {
        var (parser, parsed) = t_parsing ??= (new(), new());
        parser.Parse(message.Body, message.Format, time.GetUtcNow(), parsed, message.Event?.At);
        if (parsed.Unreadable is not null || parsed.Accepted.Count == 0)
        {
            meter.Ingested(0, parsed.Rejected.Count);
            return new(new IngestOutcome(0, [.. parsed.Rejected], parsed.Unreadable));
        }

        var outcome = parsed is { Accepted.Count: 1, Rejected.Count: 0 } ? IngestOutcome.One : new(parsed.Accepted.Count, [.. parsed.Rejected]);
        if (parsed.Rejected.Count > 0)
            message = message with { Body = AcceptedOnly(message.Body, parsed), Format = TelemetryFormat.NdJson };

        return AppendAsync(message, outcome, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<IngestOutcome> AppendAsync(TelemetryMessage message, IngestOutcome outcome, CancellationToken cancellationToken)
    {
        using var activity = TelemetryTracing.Send(message.TraceParent);
        await log.AppendAsync(activity is null ? message : message with { TraceParent = activity.Id }, cancellationToken);
        meter.Ingested(outcome.Accepted, outcome.Rejected.Count);
        return outcome;
    }

    /// <summary>The accepted readings, byte for byte where they came in the canonical form, one per line.</summary>
    private static ReadOnlyMemory<byte> AcceptedOnly(ReadOnlyMemory<byte> body, ParsedTelemetry parsed)
    {
        var source = parsed.Canonical?.WrittenMemory ?? body;
        var lines = new ArrayBufferWriter<byte>(source.Length);
        foreach (var place in parsed.Places)
        {
            CanonicalLine.Append(source.Span[place], time: null, lines);
            lines.Write("\n"u8);
        }

        return lines.WrittenMemory;
    }
}
