using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using IoTBackend.Adapters.Archive;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using Local.Tests;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Adapters.Tests.Archive;

public sealed class ArchiveSearchTests : IClassFixture<StorageAccount>, IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 10, 30, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly TelemetryArchive _archive;
    private readonly ArchiveSearch _search;
    private long _sequenceNumber;

    public ArchiveSearchTests(StorageAccount storage)
    {
        var blobs = new BlobServiceClient(storage.ConnectionString);
        blobs.GetBlobContainerClient(TelemetryArchive.Container).DeleteIfExists();
        _archive = new(blobs, Options.Create(new ArchiveOptions()), _time);
        _search = new(blobs, new FourPartitions(), _time);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _search.Dispose();

    [Fact]
    public async Task A_devices_readings_are_found_in_whatever_form_they_came_and_nobody_elses()
    {
        await ArchiveAsync(Event("pump-1", Start.AddHours(-2), """{"battery":{"percent":80}}"""));
        await ArchiveAsync(
            Event("pump-1", Start.AddMinutes(-3), "{\"seq\":1}\n{\"seq\":2}", "application/x-ndjson"),
            Event("pump-10", Start.AddMinutes(-2), """{"seq":7}"""),
            Event("pump-1", Start.AddMinutes(-1), """[{"n":"rssi","v":-71,"u":"dBm"}]""", "application/senml+json"));
        var found = await _search.FindAsync("pump-1", 100, Cancellation);
        Assert.Equal([80d, null, null], found.Readings.Take(3).Select(r => r.BatteryPercent));
        Assert.Equal([1L, 2L], found.Readings.Skip(1).Take(2).Select(r => r.Sequence!.Value));
        Assert.Equal(("application/senml+json", 3), (found.Raw[0].ContentType, found.Raw.Count));
    }

    [Fact]
    public async Task The_latest_are_found_however_much_there_is_and_it_is_said_how_far_back_they_go()
    {
        var random = new Random(1);
        for (var minute = 0; minute < 25; minute++)
        {
            var noise = Convert.ToBase64String(Bytes(random, 300_000));
            await ArchiveAsync(Event("other", Start.AddMinutes(minute - 26), $$"""{"x":"{{noise}}"}"""), Event("pump-1", Start.AddMinutes(minute - 26), $$"""{"seq":{{minute}}}"""));
        }

        var found = await _search.FindAsync("pump-1", 100, Cancellation);
        Assert.Equal(24, found.Readings[^1].Sequence);
        Assert.InRange(found.Readings.Count, 8, 24);
        Assert.InRange(found.Since, Start.AddMinutes(-26), found.Readings[0].At);
    }

    [Fact]
    public async Task Of_a_device_that_sent_nothing_there_is_nothing() => Assert.Empty((await _search.FindAsync("pump-1", 100, Cancellation)).Readings);

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private Task ArchiveAsync(params HubEvent[] events) => _archive.AppendAsync(HubPartition.Of("pump-1", 4), events, Cancellation);

    private HubEvent Event(string deviceId, DateTimeOffset at, string body, string type = "application/json") => new()
    {
        SequenceNumber = ++_sequenceNumber,
        EnqueuedAt = at,
        DeviceId = deviceId,
        ContentType = type,
        Body = System.Text.Encoding.UTF8.GetBytes(body),
    };

    private sealed class FourPartitions : EventHubProducerClient
    {
        public override Task<string[]> GetPartitionIdsAsync(CancellationToken cancellationToken = default) => Task.FromResult<string[]>(["0", "1", "2", "3"]);
    }
}
