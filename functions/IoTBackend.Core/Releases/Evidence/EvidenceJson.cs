using System.Text.Json;

namespace IoTBackend.Core.Releases.Evidence;

/// <summary>Documents as tools write them, some of which begin with a byte order mark.</summary>
internal static class EvidenceJson
{
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> document) =>
        JsonDocument.Parse(document.Span.StartsWith("\uFEFF"u8) ? document[3..] : document, new JsonDocumentOptions { MaxDepth = 64 });
}
