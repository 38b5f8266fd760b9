using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using IoTBackend.Local.FunctionsHost.EventHubs;

namespace Local.Tests.FunctionsRuntime;

/// <summary>Partitions in memory, shared by the hosts of a test; of two readers of one partition the newer one stays.</summary>
internal sealed class FakeHub(int partitions)
{
    private readonly List<EventData>[] logs = [.. Enumerable.Range(0, partitions).Select(_ => new List<EventData>())];
    private readonly Reader?[] readers = new Reader?[partitions];

    public IEventHub Connect() => new Connection(this);

    public void Send(int partition, int count)
    {
        lock (logs)
            for (var i = 0; i < count; i++)
                logs[partition].Add(EventHubsModelFactory.EventData(
                    new("x"), sequenceNumber: logs[partition].Count, offsetString: $"{logs[partition].Count * 100}"));
    }

    private sealed class Connection(FakeHub hub) : IEventHub
    {
        public string FullyQualifiedNamespace => "Fake.servicebus";

        public string Name => "Telemetry";

        public string ConsumerGroup => "$Default";

        public Task<string[]> GetPartitionIdsAsync(CancellationToken cancellationToken) =>
            Task.FromResult(Enumerable.Range(0, hub.logs.Length).Select(partition => $"{partition}").ToArray());

        public IPartitionReader Open(string partitionId, EventPosition position)
        {
            var partition = int.Parse(partitionId);
            var selector = position.ToString().Split('\'')[1];
            return hub.readers[partition] = new(hub, partition, selector == "-1" ? 0 : int.Parse(selector) / 100 + 1);
        }

        public ValueTask DisposeAsync() => default;
    }

    private sealed class Reader(FakeHub hub, int partition, int next) : IPartitionReader
    {
        public async Task<IReadOnlyList<EventData>> ReadAsync(int maximum, TimeSpan wait, CancellationToken cancellationToken)
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (hub.readers[partition] != this)
                    throw new EventHubsException("Telemetry", "taken", EventHubsException.FailureReason.ConsumerDisconnected);
                lock (hub.logs)
                    if (hub.logs[partition].Skip(next).Take(maximum).ToArray() is { Length: > 0 } events)
                    {
                        next += events.Length;
                        return events;
                    }
                await Task.Delay(10, cancellationToken);
            }
        }

        public ValueTask DisposeAsync() => default;
    }
}
