using System.Globalization;

namespace IoTBackend.Adapters.Ingest;

/// <summary>
/// Where a letter is kept follows from its id: <c>{yyyy-MM-dd}/{partition}-{first sequence number of its thousand, 19 digits}.ndjson</c>,
/// id <c>{yyyyMMdd}-{partition}-{sequence number}</c>, day and sequence number being the hub's.
/// </summary>
internal readonly record struct DeadLetterName(DateOnly Day, int Partition, long SequenceNumber)
{
    public const int LettersPerBlob = 1000;

    /// <summary>Its place in its blob, 0 to 999.</summary>
    public int InBlob => (int)(SequenceNumber % LettersPerBlob);

    /// <summary>Where the bodies are of the letters of <see cref="Blob"/>.</summary>
    public string Bodies => Blob + ".bodies";

    public string Id => string.Create(CultureInfo.InvariantCulture, $"{Day:yyyyMMdd}-{Partition}-{SequenceNumber}");

    public string Folder => string.Create(CultureInfo.InvariantCulture, $"{Day:yyyy-MM-dd}/");

    public string Blob => string.Create(CultureInfo.InvariantCulture, $"{Day:yyyy-MM-dd}/{Partition}-{SequenceNumber / LettersPerBlob * LettersPerBlob:D19}.ndjson");

    public static DeadLetterName Of(int partition, long sequenceNumber, DateTimeOffset enqueuedAt) =>
        new(DateOnly.FromDateTime(enqueuedAt.UtcDateTime), partition, sequenceNumber);

    public static DeadLetterName? Parse(string id)
    {
        var parts = id.Split('-');
        return parts.Length == 3
            && DateOnly.TryParseExact(parts[0], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var partition)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var sequenceNumber)
                ? new(day, partition, sequenceNumber)
                : null;
    }
}
