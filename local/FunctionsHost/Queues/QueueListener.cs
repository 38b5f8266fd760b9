using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Settings;

namespace IoTBackend.FunctionsHost.Queues;

/// <summary>Takes messages off a queue and keeps them invisible while their functions run.</summary>
internal sealed class QueueListener(BackgroundCall call, QueueServiceClient account, string name, QueueSettings settings) : IListener
{
    private readonly QueueClient queue = account.GetQueueClient(name);
    private readonly HashSet<Task> running = [];

    public async Task RunAsync(CancellationToken stopping, CancellationToken abort)
    {
        var pause = new PollingPause(settings.MaxPollingInterval);
        var poison = new PoisonQueue(account.GetQueueClient(name + "-poison"));
        while (!stopping.IsCancellationRequested)
        {
            var messages = await ReceiveAsync(stopping);
            foreach (var message in messages)
                running.Add(Task.Run(() => new QueuedMessage(call, queue, poison, settings, message).HandleAsync(abort), CancellationToken.None));
            if (messages.Length == 0)
                await WaitAsync(Task.Delay(pause.After(found: false), call.Time, stopping));
            else
                pause.After(found: true);
            await RoomAsync(stopping);
        }
        await Task.WhenAll(running);
    }

    private async Task RoomAsync(CancellationToken stopping)
    {
        running.RemoveWhere(task => task.IsCompleted);
        while (running.Count > settings.NewBatchThreshold && !stopping.IsCancellationRequested)
        {
            await WaitAsync(Task.WhenAny(running).WaitAsync(stopping));
            running.RemoveWhere(task => task.IsCompleted);
        }
    }

    private async Task<QueueMessage[]> ReceiveAsync(CancellationToken stopping)
    {
        try
        {
            return await queue.ReceiveMessagesAsync(settings.BatchSize, QueuedMessage.Invisibility, stopping);
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            await CreateAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopping: nothing more is wanted.
        }
        catch (Exception unavailable)
        {
            HostLog.StorageUnavailable(call.Logger, $"queue {name}", HostLog.Cause(unavailable));
        }
        return [];
    }

    private async Task CreateAsync(CancellationToken stopping)
    {
        try
        {
            await queue.CreateIfNotExistsAsync(cancellationToken: stopping);
        }
        catch (Exception failed) when (failed is RequestFailedException or AggregateException or OperationCanceledException)
        {
            // Tried again at the next look.
        }
    }

    private static async Task WaitAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
            // Stopping ends the wait.
        }
    }
}
