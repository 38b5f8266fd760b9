using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Readings.CloudEvents;

namespace IoTBackend.Backtest;

/// <summary>
/// The backend's own archive, <c>yyyy/MM/dd/HH/{partition}.ndjson.gz</c>: a directory that holds a copy of it, or the storage
/// account's connection string. An hour is in memory at a time; events that stand there twice are taken once.
/// </summary>
internal static class ArchiveSource
{
    private const string Container = "archive";

    public static bool IsArchive(string telemetry) => Directory.Exists(telemetry) || IsConnection(telemetry);

    /// <param name="telemetry">Directory or connection string.</param>
    /// <param name="from">Hours before the one it lies in are left out.</param>
    /// <param name="to">Events that arrived later are left out.</param>
    /// <exception cref="InvalidDataException">A line is not one of the archive's.</exception>
    public static IEnumerable<RecordedReading> Read(string telemetry, DateTimeOffset? from, DateTimeOffset? to)
    {
        var parser = new HubEventReader();
        var parsed = new ParsedTelemetry();
        foreach (var hour in Files(telemetry).Where(f => HourOf(f.Name) is { } at && at.AddHours(1) > from.GetValueOrDefault() && !(at > to))
            .GroupBy(f => HourOf(f.Name)).OrderBy(h => h.Key))
        {
            var events = new Dictionary<(int, long), HubEvent>();
            foreach (var (name, open) in hour)
                ReadFile(name, open, events);
            foreach (var @event in events.OrderBy(e => e.Value.EnqueuedAt).ThenBy(e => e.Key).Select(e => e.Value))
            {
                if (@event.EnqueuedAt < from || @event.EnqueuedAt > to || @event.Sender is not { } sender)
                    continue;
                // What the backend refused is in the archive too, and is refused here.
                parser.Read(@event, parsed);
                foreach (var reading in parsed.Accepted)
                    yield return new(sender, @event.EnqueuedAt, reading);
            }
        }
    }

    private static bool IsConnection(string telemetry) =>
        telemetry.Contains("BlobEndpoint=", StringComparison.Ordinal) || telemetry.Contains("AccountName=", StringComparison.Ordinal);

    private static IEnumerable<(string Name, Func<Stream> Open)> Files(string telemetry)
    {
        if (IsConnection(telemetry))
        {
            var container = new BlobContainerClient(telemetry, Container);
            return container.GetBlobs().Select(b => (b.Name, (Func<Stream>)(() => container.GetBlobClient(b.Name).OpenRead())));
        }

        return Directory.EnumerateFiles(telemetry, "*.ndjson.gz", SearchOption.AllDirectories)
            .Select(f => (Path.GetRelativePath(telemetry, f).Replace('\\', '/'), (Func<Stream>)(() => File.OpenRead(f))));
    }

    /// <summary>From the end of the name, so that a directory above the years does no harm.</summary>
    private static DateTimeOffset? HourOf(string name) =>
        name.Split('/') is [.., var year, var month, var day, var hour, _]
        && DateTimeOffset.TryParseExact($"{year}{month}{day}{hour}", "yyyyMMddHH", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : null;

    private static void ReadFile(string name, Func<Stream> open, Dictionary<(int Partition, long SequenceNumber), HubEvent> into)
    {
        using var file = open();
        using var reader = new StreamReader(new GZipStream(file, CompressionMode.Decompress), Encoding.UTF8);
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            try
            {
                using var json = JsonDocument.Parse(line);
                var @event = ToEvent(json.RootElement);
                into[(json.RootElement.GetProperty("partition").GetInt32(), @event.SequenceNumber)] = @event;
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw new InvalidDataException($"{name}:{number}: not a line of the archive ({e.Message})");
            }
        }
    }

    private static HubEvent ToEvent(JsonElement line)
    {
        var isJson = line.TryGetProperty("body", out var body);
        var contentType = Text(line, "contentType");
        return new()
        {
            SequenceNumber = line.GetProperty("sequenceNumber").GetInt64(),
            EnqueuedAt = line.GetProperty("enqueuedAt").GetDateTimeOffset(),
            DeviceId = Text(line, "deviceId"),
            // The lines of NDJSON stand in the archive as an array.
            ContentType = isJson && TelemetryFormats.Of(contentType) == TelemetryFormat.NdJson ? null : contentType,
            ContentEncoding = Text(line, "contentEncoding"),
            Event = Text(line, "eventTime") is { } time ? new CloudEventAttributes("1.0", "archived", "archived", "archived", time) : null,
            Body = isJson ? Encoding.UTF8.GetBytes(body.GetRawText()) : line.GetProperty("bodyBase64").GetBytesFromBase64(),
        };
    }

    private static string? Text(JsonElement line, string name) => line.TryGetProperty(name, out var value) ? value.GetString() : null;
}
