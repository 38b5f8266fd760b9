using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using IoTBackend.Adapters.Releases;
using IoTBackend.Core.Releases;
using Local.Tests;

namespace Adapters.Tests.Releases;

public sealed class ReleaseQueuesTests(StorageAccount storage) : IClassFixture<StorageAccount>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Work_put_off_by_less_than_a_second_does_not_come_before_its_time()
    {
        var service = new QueueServiceClient(storage.ConnectionString, new() { MessageEncoding = QueueMessageEncoding.Base64 });
        var (queues, queue) = (new ReleaseQueues(service), service.GetQueueClient(ReleaseQueues.Offers));
        await queues.StartAsync(Cancellation);
        await queues.QueueAsync(new OfferWork("sensor"), TimeSpan.FromSeconds(0.99), Cancellation);
        QueueMessage[] seen;
        do
        {
            seen = await queue.ReceiveMessagesAsync(1, cancellationToken: Cancellation);
        }
        while (seen.Length == 0);
        Assert.True(DateTimeOffset.UtcNow - seen[0].InsertedOn!.Value >= TimeSpan.FromSeconds(0.99));
    }
}
