using System.Net.Sockets;
using Amqp;

namespace Azure.Messaging.EventHubs.Amqp;

/// <summary>Tries again after transient failures, with pauses that double and are spread by up to a fifth.</summary>
internal sealed class Retry(EventHubsRetryOptions options, string hub)
{
    public int MaximumRetries => options.MaximumRetries;

    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        for (var failures = 0; ; failures++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(options.TryTimeout);
            try
            {
                return await attempt(limit.Token);
            }
            catch (Exception error) when (Translate(error) is { } translated)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!translated.IsTransient || failures >= options.MaximumRetries)
                {
                    if (ReferenceEquals(translated, error)) throw;
                    throw translated;
                }
            }
            await Task.Delay(Pause(failures), cancellationToken);
        }
    }

    internal TimeSpan Pause(int failures)
    {
        var grown = options.Mode == EventHubsRetryMode.Fixed ? options.Delay : options.Delay * Math.Pow(2, Math.Min(failures, 30));
        var capped = grown < options.MaximumDelay ? grown : options.MaximumDelay;
        return capped * (1 + (Random.Shared.NextDouble() * 0.2));
    }

    /// <summary>Null for what is no failure of the hub or the way to it: bugs and the caller's own cancellation.</summary>
    private EventHubsException? Translate(Exception error) => error switch
    {
        EventHubsException known => known,
        AmqpException amqp => AmqpErrors.ToException(amqp.Error, hub, amqp),
        TimeoutException or OperationCanceledException => new(true, hub, "The hub did not answer in time.", EventHubsException.FailureReason.ServiceTimeout, error),
        SocketException or IOException or ObjectDisposedException =>
            new(true, hub, "The hub could not be reached.", EventHubsException.FailureReason.ServiceCommunicationProblem, error),
        _ => null,
    };
}
