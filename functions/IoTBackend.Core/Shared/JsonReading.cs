using System.Globalization;
using System.Text.Json;

namespace IoTBackend.Core.Shared;

/// <summary>Looks into JSON of which nothing is certain: what is missing or of another kind is null.</summary>
internal static class JsonReading
{
    public static JsonElement? Object(JsonElement? parent, string name) =>
        Property(parent, name) is { ValueKind: JsonValueKind.Object } value ? value : null;

    /// <summary>A member whatever it is; null = there is none. Names with half a character in them (<c>\ud800</c>), at which the library throws, are passed over.</summary>
    public static JsonElement? Property(JsonElement? parent, string name)
    {
        if (parent is not { ValueKind: JsonValueKind.Object } p)
            return null;
        try
        {
            return p.TryGetProperty(name, out var value) ? value : null;
        }
        catch (InvalidOperationException)
        {
            JsonElement? found = null;
            foreach (var member in p.EnumerateObject())
                found = NameOf(member) == name ? member.Value : found;
            return found;
        }
    }

    public static string? Text(JsonElement? parent, string name) =>
        Property(parent, name) is { } value ? Text(value) : null;

    public static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate: valid JSON that no string can hold.
            return null;
        }
    }

    /// <summary>Names and values of the members that are strings, at most <paramref name="most"/>; of a name given twice the first.</summary>
    public static Dictionary<string, string> Strings(JsonElement? parent, string name, int most)
    {
        var strings = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Object(parent, name) is not { } members)
            return strings;
        foreach (var member in members.EnumerateObject())
        {
            if (strings.Count < most && Text(member.Value) is { } text)
                strings.TryAdd(NameOf(member) ?? "", text);
        }

        return strings;
    }

    /// <summary>Null for a name that is not Unicode.</summary>
    public static string? NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public static long? Number(JsonElement? parent, string name) =>
        Property(parent, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    public static IReadOnlyList<JsonElement>? Items(JsonElement? parent, string name) =>
        Property(parent, name) is { ValueKind: JsonValueKind.Array } value ? [.. value.EnumerateArray()] : null;

    /// <summary>A time as RFC 3339 writes it, with its zone.</summary>
    public static DateTimeOffset? Time(JsonElement? parent, string name) => ParseTime(Text(parent, name));

    public static DateTimeOffset? ParseTime(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    public static DateTimeOffset? EpochSeconds(JsonElement? parent, string name) =>
        Number(parent, name) is { } seconds and > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
}
