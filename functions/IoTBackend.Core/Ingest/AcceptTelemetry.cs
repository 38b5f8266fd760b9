using System.Buffers;
using System.Runtime.CompilerServices;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Ingest;

/// <summary>What became of a body.</summary>
public sealed record IngestOutcome
{
    /// <summary>The usual answer, made once.</summary>
    public static readonly IngestOutcome One = new() { Accepted = 1 };

    /// <summary>Readings in the log now.</summary>
    public required int Accepted { get; init; }

    /// <summary>The first of the readings that were not taken, with the reason for each.</summary>
    public IReadOnlyList<Rejection> Rejected { get; init; } = [];

    public int RejectedCount { get; init; }

    /// <summary>The first of the fields that could not be used, of readings that were taken without them.</summary>
    public IReadOnlyList<IgnoredField> Ignored { get; init; } = [];

    public int IgnoredCount { get; init; }

    /// <summary>Why the body as a whole was refused; nothing was taken then.</summary>
    public string? Unreadable { get; init; }

    internal static IngestOutcome Of(ParsedTelemetry parsed) => parsed is { Accepted.Count: 1, RejectedCount: 0, IgnoredCount: 0, Unreadable: null }
        ? One
        : new()
        {
            Accepted = parsed.Accepted.Count,
            Rejected = [.. parsed.Rejected],
            RejectedCount = parsed.RejectedCount,
            Ignored = [.. parsed.Ignored],
            IgnoredCount = parsed.IgnoredCount,
            Unreadable = parsed.Unreadable,
        };
}

/// <summary>Takes what a device sent over HTTP: judges each reading, appends the good ones, answers once they are durable.</summary>
public sealed class AcceptTelemetry(ITelemetryLog log, TelemetryMeter meter, TimeProvider time)
{
    [ThreadStatic]
    private static (TelemetryParser Parser, ParsedTelemetry Parsed)? t_parsing;

    /// <param name="message">Of a device that has proved who it is; the body is not compressed.</param>
    /// <param name="budget">Charged for what reading the body took, before the log is waited for and whatever comes of it.</param>
    /// <param name="cancellationToken">Given up by the device; what was sent to the log stays there.</param>
    /// <param name="keepRefused">Readings that were refused go into the log with the others of their body, and are set aside there.</param>
    /// <exception cref="UnavailableException">The log did not acknowledge: nothing was taken.</exception>
    public ValueTask<IngestOutcome> RunAsync(TelemetryMessage message, Budget budget, CancellationToken cancellationToken, bool keepRefused = false)
    {
        var (parser, parsed) = t_parsing ??= (new(), new());
        parser.Parse(message.Body, message.Format, time.GetUtcNow(), parsed, message.Event);
        budget.Spend(parsed.Units);
        var outcome = IngestOutcome.Of(parsed);
        if (outcome.Accepted == 0)
        {
            meter.Ingested(0, outcome.RejectedCount);
            return new(outcome);
        }

        if (outcome.RejectedCount > 0 && !keepRefused)
            message = message with { Body = AcceptedOnly(message.Body, parsed), Format = TelemetryFormat.NdJson };

        return AppendAsync(message, outcome, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<IngestOutcome> AppendAsync(TelemetryMessage message, IngestOutcome outcome, CancellationToken cancellationToken)
    {
        using var activity = TelemetryTracing.Send(message.TraceParent);
        await log.AppendAsync(activity is null ? message : message with { TraceParent = activity.Id }, cancellationToken);
        meter.Ingested(outcome.Accepted, outcome.RejectedCount);
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
