using System.Runtime.InteropServices;
using System.Text.Json;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Evidence;

/// <summary>A document that is JSON, but of so many values that looking into it costs more memory than it is worth.</summary>
public sealed class DenseJsonException(string message) : JsonException(message);

/// <summary>
/// Looks into a report or an SBOM. Parsed, each value takes twelve bytes however short it is, so that values are counted before; and one document is
/// looked into at a time in a process, which takes a second at most.
/// </summary>
internal static class EvidenceJson
{
    /// <summary>Brackets, names and values. A true report has one in about twenty bytes: of the largest document that is read, a million.</summary>
    private const int MaxTokens = 2_000_000;

    private const int MaxDepth = 64;

    /// <summary>Bytes of a text that is looked at.</summary>
    private const int MaxText = 64 * 1024;

    /// <summary>Characters of a name, an id or a version.</summary>
    private const int MaxName = 256;

    private static readonly Lock One = new();

    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="DenseJsonException">It has too many values.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> document, Func<JsonElement, T> read)
    {
        lock (One)
        {
            // Some tools begin with a byte order mark.
            document = document.Span.StartsWith("\uFEFF"u8) ? document[3..] : document;
            Count(document.Span);
            using var json = JsonDocument.Parse(document, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return read(json.RootElement);
        }
    }

    /// <summary>A text; one that nobody wrote to be read is none.</summary>
    public static string? Said(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } p && p.TryGetProperty(name, out var value) ? Said(value) : null;

    public static string? Said(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && JsonMarshal.GetRawUtf8Value(value).Length <= MaxText ? JsonReading.Text(value) : null;

    /// <summary>The beginning of a text, where it names something.</summary>
    public static string? Name(JsonElement? parent, string name) => Cut(Said(parent, name));

    public static string? Cut(string? text) => text is { Length: > MaxName } ? text[..MaxName] : text;

    private static void Count(ReadOnlySpan<byte> document)
    {
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = MaxDepth });
        for (var tokens = 0; reader.Read(); tokens++)
        {
            if (tokens > MaxTokens)
                throw new DenseJsonException($"more than {MaxTokens} values");
        }
    }
}
