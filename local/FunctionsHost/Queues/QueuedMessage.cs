using System.Text;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Protocol;
using IoTBackend.FunctionsHost.Settings;

namespace IoTBackend.FunctionsHost.Queues;

/// <summary>One message on its way: run, then deleted, given back, or moved to the poison queue.</summary>
internal sealed class QueuedMessage(BackgroundCall call, QueueClient queue, PoisonQueue poison, QueueSettings settings, QueueMessage message)
{
    /// <summary>How long a killed host's message stays out of sight; renewed at half of it while the function runs.</summary>
    public static readonly TimeSpan Invisibility = TimeSpan.FromMinutes(1);

    private string receipt = message.PopReceipt;

    public async Task HandleAsync(CancellationToken abort)
    {
        try
        {
            var body = QueueInput.Decode(message, settings.Base64);
            if (body is null || message.DequeueCount > settings.MaxDequeueCount)
                await PoisonAsync();
            else if (await InvokeAsync(body, abort))
                await queue.DeleteMessageAsync(message.MessageId, receipt, CancellationToken.None);
            else if (message.DequeueCount >= settings.MaxDequeueCount)
                await PoisonAsync();
            else
                await queue.UpdateMessageAsync(message.MessageId, receipt, visibilityTimeout: settings.RetryAfter, cancellationToken: CancellationToken.None);
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // Not finished: it comes back when its invisibility ends.
        }
        catch (Exception failed)
        {
            // Neither deleted nor given back: it comes back by itself. At least once, as queues are.
            HostLog.StorageUnavailable(call.Logger, $"a message of queue {queue.Name}", HostLog.Cause(failed));
        }
    }

    private async Task<bool> InvokeAsync(BinaryData body, CancellationToken abort)
    {
        TypedData input;
        try
        {
            input = QueueInput.Of(message, body, call.Function.TakesObjects);
        }
        catch (DecoderFallbackException unreadable)
        {
            HostLog.InvocationFailed(call.Logger, call.Function.Name, unreadable);
            return false;
        }
        using var over = new CancellationTokenSource();
        var renewing = RenewAsync(over.Token);
        try
        {
            return await call.RunAsync(input, QueueInput.Metadata(message, body), abort, abort);
        }
        finally
        {
            await over.CancelAsync();
            await renewing;
        }
    }

    private async Task PoisonAsync()
    {
        HostLog.Poisoned(call.Logger, queue.Name, message.DequeueCount);
        await poison.AddAsync(message);
        await queue.DeleteMessageAsync(message.MessageId, receipt, CancellationToken.None);
    }

    private async Task RenewAsync(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
            try
            {
                await Task.Delay(Invisibility / 2, call.Time, over);
                // Not cancelled half-way: a receipt that was renewed but not received would be lost.
                receipt = (await queue.UpdateMessageAsync(message.MessageId, receipt, visibilityTimeout: Invisibility, cancellationToken: CancellationToken.None)).Value.PopReceipt;
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed) when (failed is RequestFailedException or AggregateException)
            {
                HostLog.RenewalFailed(call.Logger, queue.Name, HostLog.Cause(failed));
            }
    }
}
