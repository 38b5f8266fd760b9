namespace IoTBackend.Core.Readings.CloudEvents;

/// <summary>The context of a CloudEvent in binary mode, as far as it is used; its data is the message's body (CloudEvents 1.0 section 3).</summary>
/// <param name="Time">As it came; the time of readings that have none of their own.</param>
public sealed record CloudEventAttributes(string? SpecVersion, string? Id, string? Source, string? Type, string? Time)
{
    private const int MaxLength = 1024;

    /// <summary>Why this is no CloudEvent; null = it is one. A time that cannot be used is no reason.</summary>
    public string? Problem => RefuseRequired(SpecVersion, Id, Source, Type);

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
}
