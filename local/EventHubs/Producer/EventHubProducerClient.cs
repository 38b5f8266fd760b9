using Azure.Core;
using Azure.Messaging.EventHubs.Amqp;

namespace Azure.Messaging.EventHubs.Producer;

/// <summary>
/// Sends events. Any number of sends may be under way at once; each returns when the hub has acknowledged it, and throws
/// <see cref="EventHubsException"/> when it has not after the retries.
/// </summary>
public class EventHubProducerClient : IAsyncDisposable
{
    private readonly EventHubConnection _connection;
    private readonly bool _ownsConnection;
    private readonly Sender _sender;
    private long _lastBatchBytes;

    public EventHubProducerClient(string connectionString) : this(connectionString, null!, null!) { }
    public EventHubProducerClient(string connectionString, EventHubProducerClientOptions clientOptions)
        : this(connectionString, null!, clientOptions) { }
    public EventHubProducerClient(string connectionString, string eventHubName) : this(connectionString, eventHubName, null!) { }
    public EventHubProducerClient(string connectionString, string eventHubName, EventHubProducerClientOptions clientOptions)
        : this(new(connectionString, eventHubName, Connection(clientOptions)), true, clientOptions) { }

    public EventHubProducerClient(
        string fullyQualifiedNamespace, string eventHubName, TokenCredential credential, EventHubProducerClientOptions? clientOptions = null)
        : this(new(fullyQualifiedNamespace, eventHubName, credential, Connection(clientOptions)), true, clientOptions) { }

    public EventHubProducerClient(
        string fullyQualifiedNamespace, string eventHubName, AzureNamedKeyCredential credential, EventHubProducerClientOptions? clientOptions = null)
        : this(new(fullyQualifiedNamespace, eventHubName, credential, Connection(clientOptions)), true, clientOptions) { }

    public EventHubProducerClient(
        string fullyQualifiedNamespace, string eventHubName, AzureSasCredential credential, EventHubProducerClientOptions? clientOptions = null)
        : this(new(fullyQualifiedNamespace, eventHubName, credential, Connection(clientOptions)), true, clientOptions) { }

    /// <summary>Uses, and does not close, a connection of the caller's.</summary>
    public EventHubProducerClient(EventHubConnection connection, EventHubProducerClientOptions? clientOptions = null)
        : this(connection, false, clientOptions) { }

    private EventHubProducerClient(EventHubConnection connection, bool ownsConnection, EventHubProducerClientOptions? options)
    {
        (_connection, _ownsConnection) = (connection, ownsConnection);
        Identifier = options?.Identifier ?? Guid.NewGuid().ToString();
        _sender = new(connection.Scope, Identifier, new(options?.RetryOptions ?? new(), connection.EventHubName));
    }

    public string FullyQualifiedNamespace => _connection.FullyQualifiedNamespace;
    public string EventHubName => _connection.EventHubName;
    public string Identifier { get; }
    public bool IsClosed { get; private set; }

    public virtual ValueTask<EventDataBatch> CreateBatchAsync(CancellationToken cancellationToken = default) =>
        CreateBatchAsync(new CreateBatchOptions(), cancellationToken);

    /// <exception cref="ArgumentOutOfRangeException">More bytes were asked for than the hub takes.</exception>
    public virtual async ValueTask<EventDataBatch> CreateBatchAsync(CreateBatchOptions options, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        CheckTarget(options);
        var limit = await _sender.MaximumMessageSizeAsync(options.PartitionId, cancellationToken);
        if (options.MaximumSizeInBytes > limit)
            throw new ArgumentOutOfRangeException(nameof(options), options.MaximumSizeInBytes, $"The hub takes at most {limit} bytes.");
        var copy = new SendEventOptions { PartitionId = options.PartitionId, PartitionKey = options.PartitionKey };
        return new EventDataBatch(new BatchEncoder(options.PartitionKey, options.MaximumSizeInBytes ?? limit, ExpectedBytes), copy);
    }

    public virtual Task SendAsync(EventDataBatch eventBatch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(eventBatch);
        ThrowIfClosed();
        Volatile.Write(ref _lastBatchBytes, eventBatch.SizeInBytes);
        return eventBatch.Count == 0 ? Task.CompletedTask : _sender.SendAsync(eventBatch.Encoder, eventBatch.Options.PartitionId, cancellationToken);
    }

    public virtual Task SendAsync(IEnumerable<EventData> eventBatch, CancellationToken cancellationToken = default) =>
        SendAsync(eventBatch, new SendEventOptions(), cancellationToken);

    /// <exception cref="EventHubsException">MessageSizeExceeded when the events do not fit into one message: nothing was sent.</exception>
    public virtual async Task SendAsync(IEnumerable<EventData> eventBatch, SendEventOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(eventBatch);
        ArgumentNullException.ThrowIfNull(options);
        ThrowIfClosed();
        CheckTarget(options);
        var limit = await _sender.MaximumMessageSizeAsync(options.PartitionId, cancellationToken);
        var batch = new BatchEncoder(options.PartitionKey, limit);
        foreach (var eventData in eventBatch)
            if (!batch.TryAdd(eventData))
                throw new EventHubsException(false, EventHubName, $"The events need more than the {limit} bytes that the hub takes in one message.",
                    EventHubsException.FailureReason.MessageSizeExceeded);
        if (batch.Count > 0) await _sender.SendAsync(batch, options.PartitionId, cancellationToken);
    }

    public virtual async Task<string[]> GetPartitionIdsAsync(CancellationToken cancellationToken = default) =>
        (await GetEventHubPropertiesAsync(cancellationToken)).PartitionIds;

    public virtual Task<EventHubProperties> GetEventHubPropertiesAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        return _sender.Retry.RunAsync(token => HubManagement.ReadHubAsync(_connection.Scope, token), cancellationToken);
    }

    public virtual Task<PartitionProperties> GetPartitionPropertiesAsync(string partitionId, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        return _sender.Retry.RunAsync(token => HubManagement.ReadPartitionAsync(_connection.Scope, partitionId, token), cancellationToken);
    }

    public virtual async Task CloseAsync(CancellationToken cancellationToken = default)
    {
        if (IsClosed) return;
        IsClosed = true;
        await _sender.DisposeAsync();
        if (_ownsConnection) await _connection.CloseAsync(cancellationToken);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>One batch is mostly about as large as the one before it.</summary>
    private int ExpectedBytes => (int)Math.Clamp(Volatile.Read(ref _lastBatchBytes) * 5 / 4, 1024, 256 * 1024);

    private static EventHubConnectionOptions Connection(EventHubProducerClientOptions? options) => options?.ConnectionOptions ?? new();

    private static void CheckTarget(SendEventOptions options)
    {
        if (options is { PartitionId: not null, PartitionKey: not null })
            throw new InvalidOperationException("A partition key and a partition id cannot both be given.");
    }

    private void ThrowIfClosed()
    {
        if (IsClosed || _connection.IsClosed)
            throw new EventHubsException(EventHubName, "The producer is closed.", EventHubsException.FailureReason.ClientClosed);
    }
}
