using System.Globalization;

namespace IoTBackend.Core.Readings.CloudEvents;

/// <summary>The context of a CloudEvent in binary mode, as far as it is used; its data is the message's body (CloudEvents 1.0 section 3).</summary>
/// <param name="Time">As it came; the time of readings that have none of their own.</param>
public sealed record CloudEventAttributes(string? SpecVersion, string? Id, string? Source, string? Type, string? Time)
{
    private const int MaxLength = 1024;

    /// <summary>Why this is no CloudEvent; null = it is one.</summary>
    public string? Problem => RefuseRequired(SpecVersion, Id, Source, Type) ?? (Time is not null && At is null ? TimeProblem : null);

    /// <summary>Null where there is none, or it is not a time.</summary>
    public DateTimeOffset? At => ParseTime(Time);

    internal const string TimeProblem = "The event's time must be a time as in RFC 3339.";

    internal static string? RefuseRequired(string? specVersion, string? id, string? source, string? type)
    {
        if (specVersion != "1.0")
            return "The event's specversion must be 1.0.";
        foreach (var (name, value) in (ReadOnlySpan<(string, string?)>)[("id", id), ("source", source), ("type", type)])
        {
            if (value is not { Length: > 0 and <= MaxLength })
                return $"The event's {name} must have 1 to {MaxLength} characters.";
        }

        return null;
    }

    /// <summary>RFC 3339, the T and the offset included.</summary>
    internal static DateTimeOffset? ParseTime(string? text) =>
        text is { Length: >= 20 } && text[10] is 'T' or 't'
        && (text[^1] is 'Z' or 'z' || text[^6] is '+' or '-')
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;
}
