using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Shared;
using IoTBackend.Core.State;

namespace IoTBackend.Adapters.Archive;

/// <summary>
/// Finds a device's latest readings at the end of its partition's archive. There is no index by device, which would be a write per
/// reading; so what is looked through is bounded, and the answer says how far back that went: a day for a small fleet, minutes for a large one.
/// </summary>
public sealed class ArchiveSearch(BlobServiceClient blobs, EventHubProducerClient hub, TimeProvider time) : IReadingArchive, IDisposable
{
    /// <summary>Compressed, in all hours together.</summary>
    public const int MaxBytes = 4 << 20;

    private const int MaxHours = 24;
    private const int MaxInflatedBytes = 96 << 20;
    private const int MaxRaw = 20;
    private const int MaxRawCharacters = 4096;

    /// <summary>At once in this process, each holding what it looks through.</summary>
    private const int MaxSearches = 2;

    /// <summary>How every member of the archive begins.</summary>
    private static readonly byte[] MemberHeader = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0];

    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient(TelemetryArchive.Container);
    private readonly AppendBlobs _blobs = new(blobs.GetBlobContainerClient(TelemetryArchive.Container));
    private readonly SemaphoreSlim _searching = new(MaxSearches);
    private int _partitions;

    public async Task<ReadingHistory> FindAsync(string deviceId, int top, CancellationToken cancellationToken)
    {
        await _searching.WaitAsync(cancellationToken);
        try
        {
            return await SearchAsync(deviceId, top, cancellationToken);
        }
        finally
        {
            _searching.Release();
        }
    }

    public void Dispose() => _searching.Dispose();

    private async Task<ReadingHistory> SearchAsync(string deviceId, int top, CancellationToken cancellationToken)
    {
        var partitions = await PartitionsAsync(cancellationToken);
        var partition = HubPartition.Of(deviceId, partitions);
        var events = new SortedDictionary<long, HubEvent>();
        var since = time.GetUtcNow();
        var hours = await HoursAsync(partition, since, cancellationToken);
        var (left, inflated) = (MaxBytes, 0L);
        for (var hour = Floor(since); hour >= Floor(time.GetUtcNow()).AddHours(1 - MaxHours) && left > 0 && inflated < MaxInflatedBytes && events.Count < top; hour = hour.AddHours(-1))
        {
            if (!hours.TryGetValue(TelemetryArchive.NameOf(partition, hour), out var size))
            {
                since = hour;
                continue;
            }

            var (tail, isWhole) = await TailAsync(TelemetryArchive.NameOf(partition, hour), size, left, cancellationToken);
            left -= tail.Length;
            var first = default(DateTimeOffset?);
            foreach (var line in Lines(tail, isWhole))
            {
                inflated += line.Length;
                if (Read(line, deviceId, first is null) is not var (at, @event))
                    continue;
                first ??= at;
                if (@event is { } found)
                    events[found.SequenceNumber] = found;
                if (inflated > MaxInflatedBytes)
                    break;
            }

            since = isWhole ? hour : first ?? since;
        }

        return Of([.. events.Values.TakeLast(top)], since, top);
    }

    private static ReadingHistory Of(IReadOnlyList<HubEvent> events, DateTimeOffset since, int top)
    {
        var (reader, parsed, readings) = (new HubEventReader(), new ParsedTelemetry(), new List<PastReading>());
        foreach (var @event in events)
        {
            reader.Read(@event, parsed);
            readings.AddRange(parsed.Accepted.Select(reading => PastReading.Of(reading, @event.EnqueuedAt)));
        }

        var raw = events.TakeLast(MaxRaw).Reverse().Select(e => new RawReading(e.EnqueuedAt, e.ContentType, Text(e.Body.Span)));
        return new([.. readings.TakeLast(top)], [.. raw], events.Count == top ? events[0].EnqueuedAt : since);
    }

    private static string Text(ReadOnlySpan<byte> body)
    {
        var text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, 4 * MaxRawCharacters)]);
        return text[..Math.Min(text.Length, MaxRawCharacters)];
    }

    private async Task<int> PartitionsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return _partitions == 0 ? _partitions = (await hub.GetPartitionIdsAsync(cancellationToken)).Length : _partitions;
        }
        catch (Exception e) when (e is Azure.Messaging.EventHubs.EventHubsException or TimeoutException || Unavailable.IsTransient(e))
        {
            throw new UnavailableException(Unavailable.EventHub, e);
        }
    }

    private static DateTimeOffset Floor(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    /// <summary>The partition's hours of today and yesterday, with their sizes: one or two requests, rather than one for each hour nobody sent in.</summary>
    private async Task<Dictionary<string, long>> HoursAsync(int partition, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var day in new[] { now, now.AddHours(1 - MaxHours) }.Select(at => at.UtcDateTime.ToString("yyyy/MM/dd/", CultureInfo.InvariantCulture)).Distinct())
        {
            await foreach (var blob in _blobs.ListAsync(day, cancellationToken))
            {
                if (blob.Name.EndsWith($"/{partition}.ndjson.gz", StringComparison.Ordinal))
                    found[blob.Name] = blob.Properties.ContentLength ?? 0;
            }
        }

        return found;
    }

    /// <summary>The end of a blob, or all of it.</summary>
    private async Task<(byte[] Bytes, bool IsWhole)> TailAsync(string name, long size, int most, CancellationToken cancellationToken)
    {
        try
        {
            var from = Math.Max(0, size - most);
            if (size == 0)
                return ([], true);
            var content = await _container.GetBlobClient(name).DownloadContentAsync(new BlobDownloadOptions { Range = new HttpRange(from, size - from) }, cancellationToken);
            return (content.Value.Content.ToArray(), from == 0);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return ([], true);
        }
    }

    private static IEnumerable<string> Lines(byte[] tail, bool isWhole)
    {
        for (var at = isWhole ? 0 : Header(tail, 0); at >= 0 && at < tail.Length;)
        {
            using var lines = new StreamReader(new GZipStream(new MemoryStream(tail, at, tail.Length - at), CompressionMode.Decompress));
            var isCut = false;
            while (!isCut)
            {
                string? line;
                try
                {
                    line = lines.ReadLine();
                }
                catch (InvalidDataException)
                {
                    // Bytes that only looked like a beginning.
                    isCut = true;
                    continue;
                }

                if (line is null)
                    yield break;
                yield return line;
            }

            at = Header(tail, at + 1);
        }
    }

    private static int Header(byte[] tail, int from)
    {
        var found = tail.AsSpan(from).IndexOf(MemberHeader);
        return found < 0 ? -1 : from + found;
    }

    /// <summary>When the event of a line came, where that is asked for or it is of the device; and the event, if it is.</summary>
    private static (DateTimeOffset At, HubEvent? Event)? Read(string line, string deviceId, bool always)
    {
        if (!always && !line.Contains(deviceId, StringComparison.Ordinal))
            return null;
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            var at = root.GetProperty("enqueuedAt").GetDateTimeOffset();
            if (!root.TryGetProperty("deviceId", out var id) || id.GetString() != deviceId)
                return (at, null);
            var isJson = root.TryGetProperty("body", out var body);
            var type = root.TryGetProperty("contentType", out var said) ? said.GetString() : null;
            return (at, new HubEvent
            {
                SequenceNumber = root.GetProperty("sequenceNumber").GetInt64(),
                EnqueuedAt = at,
                DeviceId = deviceId,
                // Lines stand in the archive as an array.
                ContentType = isJson && TelemetryFormats.Of(type) == TelemetryFormat.NdJson ? "application/json" : type,
                ContentEncoding = !isJson && root.TryGetProperty("contentEncoding", out var coding) ? coding.GetString() : null,
                Body = isJson ? Encoding.UTF8.GetBytes(body.GetRawText()) : root.GetProperty("bodyBase64").GetBytesFromBase64(),
            });
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            // The rest of a line that begins before what was read.
            return null;
        }
    }
}
