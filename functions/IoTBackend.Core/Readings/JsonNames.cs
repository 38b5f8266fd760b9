using System.Text.Json;

namespace IoTBackend.Core.Readings;

/// <summary>Compares the name on which a reader stands.</summary>
internal static class JsonNames
{
    /// <param name="json">On a name.</param>
    /// <param name="ascii">A name of ours.</param>
    /// <returns>False for a name that has half a character in it (<c>\ud800</c>): the reader itself throws there, once for each name it is compared with.</returns>
    public static bool Is(this in Utf8JsonReader json, ReadOnlySpan<byte> ascii) => json.ValueIsEscaped
        ? json.ValueSpan.IndexOf("\\ud"u8) < 0 && json.ValueSpan.IndexOf("\\uD"u8) < 0 && json.ValueTextEquals(ascii)
        : json.ValueSpan.SequenceEqual(ascii);
}
