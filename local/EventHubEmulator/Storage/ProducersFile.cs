using System.Text.Json;
using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>
/// <c>.producers</c> beside a segment: the batches of idempotent producers that were known when the segment was begun, as JSON. With the segment's own
/// records it says at a start which repeats to drop. A missing or damaged one costs that for older batches, no more.
/// </summary>
internal static class ProducersFile
{
    public static string PathOf(string segmentPath) => Path.ChangeExtension(segmentPath, ".producers");

    /// <summary>Only what the segments before hold: more may be known already, and not be stored yet.</summary>
    public static void Write(string segmentPath, IdempotentProducers producers, long baseSequence)
    {
        var stored = producers.Batches.Where(batch => batch.SequenceNumber < baseSequence).ToArray();
        if (stored.Length > 0) File.WriteAllBytes(PathOf(segmentPath), JsonSerializer.SerializeToUtf8Bytes(stored));
    }

    public static IdempotentProducers Recover(IReadOnlyList<Segment> segments)
    {
        var producers = new IdempotentProducers();
        if (segments.Count == 0) return producers;
        foreach (var stored in Read(segments[^1])) producers.Note(stored.Batch, stored.SequenceNumber);
        if (segments[^1].MayHoldIdempotent) ReadRecords(segments[^1], producers);
        return producers;
    }

    private static StoredBatch[] Read(Segment segment)
    {
        try
        {
            return JsonSerializer.Deserialize<StoredBatch[]>(File.ReadAllBytes(PathOf(segment.Path))) ?? [];
        }
        catch (Exception error) when (error is FileNotFoundException or JsonException)
        {
            return [];
        }
    }

    private static void ReadRecords(Segment segment, IdempotentProducers producers)
    {
        PublishedBatch? batch = null;
        SegmentScan.ForEach(segment, record =>
        {
            if (!Record.IsIdempotent(record)) return;
            var one = PublishedBatch.Of(MessageSections.Parse(record[Record.HeaderBytes..]));
            batch = batch is { } begun && one is { } next ? begun with { Last = next.Last } : one;
            if (Record.HasMoreOfBatch(record)) return;
            if (batch is { } whole) producers.Note(whole, Record.SequenceNumber(record));
            batch = null;
        });
    }
}
