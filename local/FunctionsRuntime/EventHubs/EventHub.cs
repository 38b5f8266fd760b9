using Azure.Identity;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Producer;
using IoTBackend.Local.FunctionsHost.Settings;

namespace IoTBackend.Local.FunctionsHost.EventHubs;

/// <summary>The hub as the trigger needs it.</summary>
internal interface IEventHub : IAsyncDisposable
{
    string FullyQualifiedNamespace { get; }

    string Name { get; }

    string ConsumerGroup { get; }

    Task<string[]> GetPartitionIdsAsync(CancellationToken cancellationToken);

    /// <summary>Opens lazily: the reader reports what is wrong.</summary>
    IPartitionReader Open(string partitionId, EventPosition position);
}

internal interface IPartitionReader : IAsyncDisposable
{
    /// <summary>Some events as soon as there are any; none after the wait. Throws EventHubsException.</summary>
    Task<IReadOnlyList<EventData>> ReadAsync(int maximum, TimeSpan wait, CancellationToken cancellationToken);
}

/// <summary>One AMQP connection for all partitions of a host.</summary>
internal sealed class EventHub(EventHubConnection connection, string consumerGroup, int prefetch) : IEventHub
{
    public string FullyQualifiedNamespace => connection.FullyQualifiedNamespace;

    public string Name => connection.EventHubName;

    public string ConsumerGroup => consumerGroup;

    public static EventHub Connect(AppSettings settings, string setting, string name, string consumerGroup, int prefetch)
    {
        var connection = settings[setting] is { Length: > 0 } text
            ? new EventHubConnection(text, name)
            : new EventHubConnection(settings.Section(setting)["fullyQualifiedNamespace"] ?? "", name, new DefaultAzureCredential());
        return new(connection, consumerGroup, prefetch);
    }

    public async Task<string[]> GetPartitionIdsAsync(CancellationToken cancellationToken)
    {
        await using var client = new EventHubProducerClient(connection);
        return await client.GetPartitionIdsAsync(cancellationToken);
    }

    // Owner level 0: of two hosts that both believe to own a partition the newer one reads and the other is told.
    public IPartitionReader Open(string partitionId, EventPosition position) =>
        new Reader(new(consumerGroup, partitionId, position, connection, new PartitionReceiverOptions { OwnerLevel = 0, PrefetchCount = prefetch }));

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private sealed class Reader(PartitionReceiver receiver) : IPartitionReader
    {
        public async Task<IReadOnlyList<EventData>> ReadAsync(int maximum, TimeSpan wait, CancellationToken cancellationToken)
        {
            var events = await receiver.ReceiveBatchAsync(maximum, wait, cancellationToken);
            return events as IReadOnlyList<EventData> ?? [.. events];
        }

        public ValueTask DisposeAsync() => receiver.DisposeAsync();
    }
}
