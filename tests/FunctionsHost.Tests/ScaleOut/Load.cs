using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;

namespace FunctionsHost.Tests.ScaleOut;

/// <summary>Events with numbers for names, a few hundred a second, over all partitions.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource over = new();
    private readonly Task sending;

    public Load(string connectionString, int partitions) => sending = SendAsync(connectionString, partitions);

    /// <summary>Events the hub has acknowledged.</summary>
    public int Sent { get; private set; }

    public async Task<int> StopAsync()
    {
        await over.CancelAsync();
        await sending;
        return Sent;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        over.Dispose();
    }

    private async Task SendAsync(string connectionString, int partitions)
    {
        await using var producer = new EventHubProducerClient(connectionString, "telemetry");
        while (!over.IsCancellationRequested)
        {
            for (var partition = 0; partition < partitions; partition++)
            {
                var events = Enumerable.Range(Sent, 5).Select(number => new EventData($"{number}"));
                await producer.SendAsync(events, new SendEventOptions { PartitionId = $"{partition}" }, CancellationToken.None);
                Sent += 5;
            }
            await Task.Delay(100);
        }
    }
}
