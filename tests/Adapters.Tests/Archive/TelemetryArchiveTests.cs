using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using IoTBackend.Adapters.Archive;
using IoTBackend.Core.Readings;
using Local.Tests;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Adapters.Tests.Archive;

public sealed class TelemetryArchiveTests : IClassFixture<StorageAccount>
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 10, 59, 58, TimeSpan.Zero);

    private readonly BlobContainerClient _container;
    private readonly FakeTimeProvider _time = new(Start);
    private readonly TelemetryArchive _archive;

    public TelemetryArchiveTests(StorageAccount storage)
    {
        var blobs = new BlobServiceClient(storage.ConnectionString);
        _container = blobs.GetBlobContainerClient(TelemetryArchive.Container);
        _container.DeleteIfExists();
        _archive = new(blobs, Options.Create(new ArchiveOptions()), _time);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_are_kept_as_they_came_in_a_blob_per_hour_and_partition()
    {
        await _archive.AppendAsync(3,
        [
            Event(1, "{\"seq\": 1,\n \"x\": [1, 2]}"),
            Event(2, "{\"seq\":2}\n{\"seq\":3}", "application/x-ndjson"),
            Event(3, "junk"),
        ], Cancellation);
        await _archive.AppendAsync(3, [Event(4, "{}")], Cancellation);
        var lines = await LinesAsync("2026/11/23/10/3.ndjson.gz");
        Assert.Equal("""{"seq": 1,  "x": [1, 2]}""", Assert.Single(lines).GetProperty("body").GetRawText());
        Assert.Equal("""[{"seq":2},{"seq":3}]""", (await LinesAsync("2026/11/23/11/3.ndjson.gz"))[0].GetProperty("body").GetRawText());
        Assert.Equal("junk"u8.ToArray(), (await LinesAsync("2026/11/23/11/3.ndjson.gz"))[1].GetProperty("bodyBase64").GetBytesFromBase64());
        Assert.Equal([2L, 3L, 4L], (await LinesAsync("2026/11/23/11/3.ndjson.gz")).Select(l => l.GetProperty("sequenceNumber").GetInt64()));
    }

    [Fact]
    public async Task Days_past_their_retention_are_removed()
    {
        await _archive.AppendAsync(0, [Event(1, "{}")], Cancellation);
        _time.Advance(TimeSpan.FromDays(30));
        await _archive.TrimAsync(Cancellation);
        Assert.Single(_container.GetBlobs(cancellationToken: Cancellation));
        _time.Advance(TimeSpan.FromDays(1));
        await _archive.TrimAsync(Cancellation);
        Assert.Empty(_container.GetBlobs(cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_batch_of_the_largest_bodies_is_kept_whole()
    {
        var random = new Random(1);
        await _archive.AppendAsync(1, [.. Enumerable.Range(10, 12).Select(i =>
        {
            var body = new byte[1_000_000];
            random.NextBytes(body);
            return Event(i, "") with { Body = body };
        })], Cancellation);
        var lines = await LinesAsync("2026/11/23/11/1.ndjson.gz");
        Assert.Equal(Enumerable.Range(10, 12).Select(i => (long)i), lines.Select(l => l.GetProperty("sequenceNumber").GetInt64()));
    }

    private static HubEvent Event(long sequenceNumber, string body, string? contentType = null) => new()
    {
        SequenceNumber = sequenceNumber,
        EnqueuedAt = Start.AddSeconds(sequenceNumber),
        DeviceId = "a",
        ContentType = contentType,
        Body = Encoding.UTF8.GetBytes(body),
    };

    private async Task<List<JsonElement>> LinesAsync(string blob)
    {
        await using var stream = await _container.GetBlobClient(blob).OpenReadAsync(cancellationToken: Cancellation);
        using var reader = new StreamReader(new GZipStream(stream, CompressionMode.Decompress));
        var lines = new List<JsonElement>();
        while (await reader.ReadLineAsync(Cancellation) is { } line)
            lines.Add(JsonDocument.Parse(line).RootElement);
        return lines;
    }
}
