using Azure.Core;
using Azure.Messaging.EventHubs.Amqp;
using Azure.Messaging.EventHubs.Consumer;

namespace Azure.Messaging.EventHubs.Primitives;

/// <summary>
/// Reads one partition in order. After a lost connection it goes on behind the last event it handed out. One receive at a time.
/// </summary>
public class PartitionReceiver : IAsyncDisposable
{
    private readonly EventHubConnection _connection;
    private readonly bool _ownsConnection;
    private readonly PartitionReceiverOptions _options;
    private readonly Receiver _receiver;

    public PartitionReceiver(
        string consumerGroup, string partitionId, EventPosition eventPosition, string connectionString, PartitionReceiverOptions? options = null)
        : this(consumerGroup, partitionId, eventPosition, new(connectionString, options?.ConnectionOptions ?? new()), true, options) { }

    public PartitionReceiver(
        string consumerGroup, string partitionId, EventPosition eventPosition,
        string connectionString, string eventHubName, PartitionReceiverOptions? options = null)
        : this(consumerGroup, partitionId, eventPosition, new(connectionString, eventHubName, options?.ConnectionOptions ?? new()), true, options) { }

    public PartitionReceiver(
        string consumerGroup, string partitionId, EventPosition eventPosition,
        string fullyQualifiedNamespace, string eventHubName, TokenCredential credential, PartitionReceiverOptions? options = null)
        : this(consumerGroup, partitionId, eventPosition, new(fullyQualifiedNamespace, eventHubName, credential, options?.ConnectionOptions), true, options) { }

    public PartitionReceiver(
        string consumerGroup, string partitionId, EventPosition eventPosition,
        string fullyQualifiedNamespace, string eventHubName, AzureNamedKeyCredential credential, PartitionReceiverOptions? options = null)
        : this(consumerGroup, partitionId, eventPosition, new(fullyQualifiedNamespace, eventHubName, credential, options?.ConnectionOptions), true, options) { }

    public PartitionReceiver(
        string consumerGroup, string partitionId, EventPosition eventPosition,
        string fullyQualifiedNamespace, string eventHubName, AzureSasCredential credential, PartitionReceiverOptions? options = null)
        : this(consumerGroup, partitionId, eventPosition, new(fullyQualifiedNamespace, eventHubName, credential, options?.ConnectionOptions), true, options) { }

    /// <summary>Uses, and does not close, a connection of the caller's.</summary>
    public PartitionReceiver(
        string consumerGroup, string partitionId, EventPosition eventPosition, EventHubConnection connection, PartitionReceiverOptions? options = null)
        : this(consumerGroup, partitionId, eventPosition, connection, false, options) { }

    private PartitionReceiver(
        string consumerGroup, string partitionId, EventPosition position, EventHubConnection connection, bool ownsConnection, PartitionReceiverOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(consumerGroup);
        ArgumentException.ThrowIfNullOrEmpty(partitionId);
        (ConsumerGroup, PartitionId, InitialPosition) = (consumerGroup, partitionId, position);
        (_connection, _ownsConnection, _options) = (connection, ownsConnection, options ?? new());
        Identifier = _options.Identifier ?? Guid.NewGuid().ToString();
        _receiver = new(connection.Scope, this, _options, new(_options.RetryOptions, connection.EventHubName));
    }

    public string FullyQualifiedNamespace => _connection.FullyQualifiedNamespace;
    public string EventHubName => _connection.EventHubName;
    public string ConsumerGroup { get; }
    public string PartitionId { get; }
    public string Identifier { get; }
    public EventPosition InitialPosition { get; }
    public bool IsClosed { get; protected set; }

    public virtual Task<IEnumerable<EventData>> ReceiveBatchAsync(int maximumEventCount, CancellationToken cancellationToken = default) =>
        ReceiveBatchAsync(maximumEventCount, _options.DefaultMaximumReceiveWaitTime ?? TimeSpan.FromMinutes(1), cancellationToken);

    /// <summary>Returns as soon as there are events, 1 to <paramref name="maximumEventCount"/> of them, or none after the wait.</summary>
    /// <exception cref="EventHubsException">ConsumerDisconnected when a reader with the same or a higher owner level took over.</exception>
    public virtual async Task<IEnumerable<EventData>> ReceiveBatchAsync(
        int maximumEventCount, TimeSpan maximumWaitTime, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumEventCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumWaitTime, TimeSpan.Zero);
        ThrowIfClosed();
        return await _receiver.ReceiveAsync(maximumEventCount, maximumWaitTime, cancellationToken);
    }

    public virtual Task<PartitionProperties> GetPartitionPropertiesAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        return _receiver.Retry.RunAsync(token => HubManagement.ReadPartitionAsync(_connection.Scope, PartitionId, token), cancellationToken);
    }

    /// <summary>Empty until an event came, or when it is not tracked.</summary>
    public virtual LastEnqueuedEventProperties ReadLastEnqueuedEventProperties() => _receiver.LastEnqueued;

    public virtual async Task CloseAsync(CancellationToken cancellationToken = default)
    {
        if (IsClosed) return;
        IsClosed = true;
        await _receiver.CloseAsync();
        if (_ownsConnection) await _connection.CloseAsync(cancellationToken);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private void ThrowIfClosed()
    {
        if (IsClosed || _connection.IsClosed)
            throw new EventHubsException(EventHubName, "The receiver is closed.", EventHubsException.FailureReason.ClientClosed);
    }
}
