using System.Text;
using System.Text.Json;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Ingest;

/// <summary>A line about one letter. What its sender chose is cut to what can be meant.</summary>
internal sealed record DeadLetterLine
{
    private const int MaxText = 256;
    private const int MaxReason = 8192;

    public string? Id { get; init; }

    public bool Removed { get; init; }

    public DateTimeOffset EnqueuedAt { get; init; }

    public string? DeviceId { get; init; }

    public string? Reason { get; init; }

    public string? ContentType { get; init; }

    public string? ContentEncoding { get; init; }

    public string? EventTime { get; init; }

    public bool OthersStored { get; init; }

    /// <summary>Where its body begins in the blob of bodies.</summary>
    public long Offset { get; init; }

    public int Length { get; init; }

    /// <summary>A letter as it was written before bodies had a blob of their own.</summary>
    public byte[]? Body { get; init; }

    public static DeadLetterLine Of(DeadLetterName name, DeadLetter letter, long offset) => new()
    {
        Id = name.Id,
        EnqueuedAt = letter.Event.EnqueuedAt,
        DeviceId = Cut(letter.Event.Sender, MaxText),
        Reason = Cut(letter.Reason, MaxReason),
        ContentType = Cut(letter.Event.ContentType, MaxText),
        ContentEncoding = Cut(letter.Event.ContentEncoding, MaxText),
        EventTime = Cut(letter.Event.Event?.Time, MaxText),
        OthersStored = letter.OthersStored,
        Offset = offset,
        Length = letter.Event.Body.Length,
    };

    public static byte[] Removal(DeadLetterName name) => Encoding.UTF8.GetBytes($$"""{"id":"{{name.Id}}","removed":true}""" + "\n");

    public void WriteTo(Stream lines)
    {
        JsonSerializer.Serialize(lines, this, WireJson.Options);
        lines.WriteByte((byte)'\n');
    }

    public StoredLetter ToLetter(byte[]? body) =>
        new(Id!, EnqueuedAt, DeviceId, Reason ?? "", ContentType, ContentEncoding, EventTime, OthersStored, body);

    private static string? Cut(string? text, int length) => text is null || text.Length <= length ? text : text[..length];
}
