using System.Threading.Channels;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Ingest;

/// <summary>
/// Group commit for one partition: while a batch is on its way, what arrives gathers for the next one. One batch at a time,
/// so that a device's messages cannot overtake each other.
/// </summary>
internal sealed class PartitionAppender : IAsyncDisposable
{
    /// <summary>What waits when the process stops is sent, for so long: less than the hosts leave a process to stop in.</summary>
    public static readonly TimeSpan MaxDrain = TimeSpan.FromSeconds(5);

    private readonly EventHubProducerClient _producer;
    private readonly CreateBatchOptions _batchOptions;
    private readonly Channel<Waiting> _waiting = Channel.CreateUnbounded<Waiting>();
    private readonly CancellationTokenSource _stop;
    private readonly int _process = Random.Shared.Next();
    private readonly Task _sending;
    private long _appended;

    public PartitionAppender(EventHubProducerClient producer, string partitionId, TimeProvider time)
    {
        _stop = new(Timeout.InfiniteTimeSpan, time);
        _producer = producer;
        _batchOptions = new() { PartitionId = partitionId };
        _sending = Task.Run(SendAsync);
    }

    public Task AppendAsync(EventData message)
    {
        var waiting = new Waiting(message);
        return _waiting.Writer.TryWrite(waiting) ? waiting.Task : throw new UnavailableException(Unavailable.EventHub);
    }

    /// <summary>Sends what waits, for <see cref="MaxDrain"/>; what is not acknowledged then has failed, and its senders hear it.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        _stop.CancelAfter(MaxDrain);
        await _sending;
        _stop.Dispose();
    }

    private async Task SendAsync()
    {
        var sent = new List<Waiting>();
        while (await _waiting.Reader.WaitToReadAsync())
        {
            try
            {
                using var batch = await _producer.CreateBatchAsync(_batchOptions, _stop.Token);
                while (_waiting.Reader.TryPeek(out var next) && batch.TryAdd(Numbered(next.Message)))
                {
                    _appended++;
                    sent.Add(next);
                    _waiting.Reader.TryRead(out _);
                }

                if (sent.Count == 0)
                {
                    // Alone in an empty batch and still too large.
                    if (_waiting.Reader.TryRead(out var oversized))
                        oversized.SetException(new ArgumentException("The message is larger than the hub takes."));
                    continue;
                }

                await _producer.SendAsync(batch, _stop.Token);
                foreach (var message in sent)
                    message.SetResult();
            }
            catch (Exception e)
            {
                // Whatever it was, these were not acknowledged; each sender hears of it and the loop goes on with the next.
                Fail(sent, e);
            }

            sent.Clear();
        }
    }

    /// <summary>Numbered here, where the order is settled; what the batch has no room for gets its number again in the next.</summary>
    private EventData Numbered(EventData message)
    {
        message.Properties[AppendId.Property] = new AppendId(_process, _appended + 1).ToString();
        return message;
    }

    private void Fail(List<Waiting> sent, Exception e)
    {
        var failure = e is EventHubsException or OperationCanceledException or TimeoutException || Unavailable.IsTransient(e)
            ? new UnavailableException(Unavailable.EventHub, e)
            : e;
        // Those waiting behind would only wait for the same failure.
        for (var waiting = _waiting.Reader.Count; waiting > 0 && _waiting.Reader.TryRead(out var next); waiting--)
            sent.Add(next);
        foreach (var message in sent)
            message.SetException(failure);
    }

    private sealed class Waiting(EventData message) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public EventData Message => message;
    }
}
