using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace IoTBackend.Core.Shared;

/// <summary>
/// Reads what a person wrote: everything that is wrong with it is told at once, by the names of the document and never by ours.
/// An unknown member is refused with the nearest known one, so that a slip of the finger does not pass for "leave it out".
/// </summary>
public static class StrictJson
{
    /// <summary>No document of the API nests deeper than a handful.</summary>
    private const int MaxDepth = 32;

    /// <param name="utf8">A JSON document, with or without byte order mark.</param>
    /// <returns>The value, or every reason against it in one text.</returns>
    public static Result<T> Read<T>(ReadOnlyMemory<byte> utf8)
        where T : notnull
    {
        if (utf8.Span.StartsWith(Encoding.UTF8.Preamble))
            utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        if (utf8.Span.Trim(" \t\r\n"u8).IsEmpty)
            return Result<T>.Rejected("The body is empty; send JSON.");
        if (!Utf8.IsValid(utf8.Span))
            return Result<T>.Rejected("The body is not text in UTF-8.");
        try
        {
            using var document = JsonDocument.Parse(utf8, new() { MaxDepth = MaxDepth });
            return Read<T>(document.RootElement, "The member");
        }
        catch (JsonException e)
        {
            return Result<T>.Rejected($"The body is not valid JSON of at most {MaxDepth} levels: see line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");
        }
    }

    /// <param name="element">What was sent.</param>
    /// <param name="member">What a member is called in a reason, for example <c>The query parameter</c>.</param>
    public static Result<T> Read<T>(JsonElement element, string member)
        where T : notnull
    {
        var faults = JsonShape.FaultsOf(element, typeof(T), member);
        if (faults.Count > 0)
            return Result<T>.Rejected(string.Join(' ', faults));
        try
        {
            return element.Deserialize<T>(WireJson.Options) is { } value ? value : Result<T>.Rejected("The body must not be null.");
        }
        catch (JsonException)
        {
            return Result<T>.Rejected("The body does not have the form that is described in /api/openapi.json.");
        }
    }
}
