using System.Globalization;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>What a start position is measured by.</summary>
internal enum StartKind
{
    SequenceNumber,
    Offset,
    EnqueuedMilliseconds,
    Latest,
}

/// <summary>Where a reader begins: at the first event whose number, offset or time is above (or, inclusive, at) the value.</summary>
internal readonly record struct StartPosition(StartKind Kind, long Value, bool IsInclusive)
{
    public static StartPosition Earliest => new(StartKind.Offset, -1, false);

    /// <summary>
    /// Parses <c>amqp.annotation.x-opt-... {&gt;|&gt;=} value</c>, the value quoted or not; null or empty is the start of the partition.
    /// </summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static StartPosition Parse(string? selector)
    {
        if (string.IsNullOrWhiteSpace(selector)) return Earliest;
        const string prefix = "amqp.annotation.";
        var comparison = selector.IndexOf('>', StringComparison.Ordinal);
        if (comparison < 0 || !selector.TrimStart().StartsWith(prefix, StringComparison.Ordinal)) throw Unknown(selector);
        var name = selector[..comparison].Trim()[prefix.Length..];
        var inclusive = selector.AsSpan(comparison + 1).StartsWith("=");
        var value = selector[(comparison + (inclusive ? 2 : 1))..].Trim().Trim('\'').Trim();
        return name switch
        {
            "x-opt-offset" when value == "@latest" => new(StartKind.Latest, 0, false),
            "x-opt-offset" => new(StartKind.Offset, Number(value, selector), inclusive),
            "x-opt-sequence-number" => new(StartKind.SequenceNumber, Number(value, selector), inclusive),
            "x-opt-enqueued-time" => new(StartKind.EnqueuedMilliseconds, Number(value, selector), inclusive),
            _ => throw Unknown(selector),
        };
    }

    private static long Number(string text, string selector) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw Unknown(selector);

    private static FormatException Unknown(string selector) => new($"The filter '{(selector.Length > 200 ? selector[..200] : selector)}' is not understood.");
}
