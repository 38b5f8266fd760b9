using System.Runtime.CompilerServices;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Shared;
using Microsoft.Extensions.Options;

namespace IoTBackend.Adapters.Ingest;

/// <summary>
/// Appends to the Event Hub. Each event carries the application property <c>deviceId</c>; its partition is computed as the
/// service would from the partition key, so that messages of many devices share a batch.
/// </summary>
public sealed class HubTelemetryLog(EventHubProducerClient producer, IOptions<EventHubOptions> options, TimeProvider time) : ITelemetryLog, IAsyncDisposable
{
    /// <summary>Application property that names the device.</summary>
    public const string DeviceIdProperty = "deviceId";

    /// <summary>Application property with the W3C trace context.</summary>
    public const string TraceParentProperty = "traceparent";

    private readonly SemaphoreSlim _opening = new(1, 1);
    private readonly int _maxWaitingBytes = options.Value.MaxWaitingBytes;
    private PartitionAppender[]? _partitions;
    private long _waitingBytes;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask AppendAsync(TelemetryMessage message, CancellationToken cancellationToken)
    {
        var partitions = _partitions ?? await ConnectAsync(cancellationToken);
        if (Interlocked.Add(ref _waitingBytes, message.Body.Length) > _maxWaitingBytes)
        {
            Interlocked.Add(ref _waitingBytes, -message.Body.Length);
            throw new UnavailableException(Unavailable.EventHub);
        }

        try
        {
            var @event = new EventData(message.Body) { ContentType = message.Format.MediaType() };
            @event.Properties[DeviceIdProperty] = message.DeviceId;
            if (message.TraceParent is not null)
                @event.Properties[TraceParentProperty] = message.TraceParent;
            if (message.Event is not null)
                HubCloudEvent.Write(message.Event, @event);
            await partitions[HubPartition.Of(message.DeviceId, partitions.Length)].AppendAsync(@event);
        }
        finally
        {
            Interlocked.Add(ref _waitingBytes, -message.Body.Length);
        }
    }

    public Task OpenAsync(CancellationToken cancellationToken) => _partitions is null ? ConnectAsync(cancellationToken) : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll((_partitions ?? []).Select(p => p.DisposeAsync().AsTask()));
        await producer.DisposeAsync();
        _opening.Dispose();
    }

    private async Task<PartitionAppender[]> ConnectAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            return _partitions ??= [.. (await producer.GetPartitionIdsAsync(cancellationToken)).Order(PartitionOrder.Instance).Select(id => new PartitionAppender(producer, id, time))];
        }
        catch (Exception e) when (e is EventHubsException or TimeoutException || Unavailable.IsTransient(e))
        {
            throw new UnavailableException(Unavailable.EventHub, e);
        }
        finally
        {
            _opening.Release();
        }
    }

    private sealed class PartitionOrder : IComparer<string>
    {
        public static readonly PartitionOrder Instance = new();

        public int Compare(string? x, string? y) => int.Parse(x!, null).CompareTo(int.Parse(y!, null));
    }
}
