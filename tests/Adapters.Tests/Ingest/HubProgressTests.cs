using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using IoTBackend.Adapters.Ingest;
using Local.Tests;
using Microsoft.Extensions.Time.Testing;

namespace Adapters.Tests.Ingest;

/// <summary>Where the processor is, from checkpoints as the SDK lays them down, and until when everything was processed.</summary>
public sealed class HubProgressTests(StorageAccount storage) : IClassFixture<StorageAccount>, IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
    private readonly Hub _hub = new();
    private readonly BlobServiceClient _blobs = new(storage.ConnectionString);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await Checkpoints.DeleteIfExistsAsync(cancellationToken: Cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Before_the_first_checkpoint_nothing_is_processed()
    {
        _hub.Last = [-1, 41];
        Assert.Equal([(0, -1L, 0L), (1, -1L, 42L)], (await Progress().ReadAsync(Cancellation)).Select(p => (p.Partition, p.Processed, p.Lag)));
    }

    [Fact]
    public async Task Each_partition_stands_where_its_checkpoint_says()
    {
        _hub.Last = [9, 41];
        await CheckpointAsync("1", 40);
        await CheckpointAsync("0", 9);
        Assert.Equal([(0, 9L, 0L), (1, 40L, 1L)], (await Progress().ReadAsync(Cancellation)).Select(p => (p.Partition, p.Processed, p.Lag)));
    }

    [Fact]
    public async Task All_that_arrived_before_a_question_is_processed_when_the_processor_has_come_that_far()
    {
        var watermarks = new ProcessedWatermarks(Progress());
        var asked = _time.GetUtcNow();
        _hub.Last = [10];
        await CheckpointAsync("0", 5);
        Assert.Equal([null], await watermarks.ReadAsync(Cancellation));
        _time.Advance(TimeSpan.FromSeconds(10));
        _hub.Last = [90];
        await CheckpointAsync("0", 12);
        Assert.Equal([asked], await watermarks.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task A_hub_that_lost_its_events_moves_no_watermark()
    {
        var watermarks = new ProcessedWatermarks(Progress());
        var asked = _time.GetUtcNow();
        _hub.Last = [10];
        await CheckpointAsync("0", 10);
        await watermarks.ReadAsync(Cancellation);
        _time.Advance(TimeSpan.FromSeconds(10));
        _hub.Last = [3];
        Assert.Equal([asked], await watermarks.ReadAsync(Cancellation));
    }

    private BlobContainerClient Checkpoints => _blobs.GetBlobContainerClient("azure-webjobs-eventhub");

    private HubProgress Progress() => new(_hub, _blobs, _time);

    private async Task CheckpointAsync(string partition, long sequenceNumber)
    {
        await Checkpoints.CreateIfNotExistsAsync(cancellationToken: Cancellation);
        var blob = Checkpoints.GetBlobClient($"hub.example/telemetry/$default/checkpoint/{partition}");
        await blob.UploadAsync(BinaryData.Empty, overwrite: true, Cancellation);
        await blob.SetMetadataAsync(new Dictionary<string, string> { ["sequencenumber"] = $"{sequenceNumber}", ["offset"] = "0" }, cancellationToken: Cancellation);
    }

    private sealed class Hub() : EventHubProducerClient("Endpoint=sb://hub.example/;SharedAccessKeyName=a;SharedAccessKey=b", "telemetry")
    {
        /// <summary>By partition; -1 = empty.</summary>
        public long[] Last { get; set; } = [];

        public override Task<string[]> GetPartitionIdsAsync(CancellationToken cancellationToken = default) =>
            Task.FromResult(Enumerable.Range(0, Last.Length).Select(i => $"{i}").ToArray());

        public override Task<PartitionProperties> GetPartitionPropertiesAsync(string partitionId, CancellationToken cancellationToken = default) =>
            Task.FromResult(EventHubsModelFactory.PartitionProperties("telemetry", partitionId, Last[int.Parse(partitionId, null)] < 0, 0, Last[int.Parse(partitionId, null)], "0", default));
    }
}
