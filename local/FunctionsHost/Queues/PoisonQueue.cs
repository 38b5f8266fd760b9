using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace IoTBackend.FunctionsHost.Queues;

/// <summary>Where messages end that no attempt could handle: <c>{queue}-poison</c>, as they were, for ever.</summary>
internal sealed class PoisonQueue(QueueClient queue)
{
    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(-1);

    public async Task AddAsync(QueueMessage message)
    {
        try
        {
            await queue.SendMessageAsync(message.Body, timeToLive: Forever);
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            await queue.CreateIfNotExistsAsync();
            await queue.SendMessageAsync(message.Body, timeToLive: Forever);
        }
    }
}
