using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace IoTBackend.Core.Shared;

/// <summary>What a value has to be, in the words of those who write JSON.</summary>
internal static partial class JsonNouns
{
    /// <summary>Whether a value without members can be read as what is wanted.</summary>
    public static bool CanRead(JsonElement value, JsonTypeInfo wanted)
    {
        try
        {
            return value.Deserialize(wanted) switch
            {
                null => value.ValueKind == JsonValueKind.Null,
                double number => double.IsFinite(number),
                // The library takes several with commas between them for their sum.
                Enum => value.GetString()?.Contains(',') == false,
                // Without a zone it would be read in the server's own.
                DateTimeOffset => Zone().IsMatch(value.GetString() ?? ""),
                _ => true,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    public static string Of(JsonTypeInfo wanted) => wanted.Kind switch
    {
        JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary => "an object",
        JsonTypeInfoKind.Enumerable => "an array",
        _ when wanted.Type.IsEnum => $"one of {string.Join(", ", Names(wanted))}",
        _ when wanted.Type == typeof(string) => "text",
        _ when wanted.Type == typeof(bool) => "true or false",
        _ when wanted.Type == typeof(double) => "a number",
        _ when wanted.Type == typeof(int) || wanted.Type == typeof(long) || wanted.Type == typeof(ulong) => "a whole number",
        _ when wanted.Type == typeof(TimeSpan) => "a duration as in ISO 8601, for example PT1M",
        _ when wanted.Type == typeof(DateTimeOffset) => "a time with its zone as in RFC 3339, for example 2026-11-23T10:00:00Z",
        _ when wanted.Type == typeof(Uri) => "an address, for example https://example.com/",
        _ => "as it is described in /api/openapi.json",
    };

    /// <summary>Wire names of an enumeration's values, in order.</summary>
    public static IEnumerable<string> Names(JsonTypeInfo wanted) =>
        Enum.GetValues(wanted.Type).Cast<object>().Select(value => JsonSerializer.SerializeToElement(value, wanted).GetString() ?? "");

    public static string Rule(string path, ValidationAttribute rule) => rule switch
    {
        RangeAttribute range => string.Create(CultureInfo.InvariantCulture, $"{path} must be {range.Minimum} to {range.Maximum}."),
        AllowedValuesAttribute allowed => $"{path} must be one of {string.Join(", ", allowed.Values.Where(v => v is not null))}.",
        MaxLengthAttribute most => $"{path} may have {most.Length} entries or characters at most.",
        _ => rule.FormatErrorMessage(path),
    };

    [GeneratedRegex(@"([zZ]|[+-]\d\d:\d\d)\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Zone();
}
