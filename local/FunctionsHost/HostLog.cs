using Microsoft.Extensions.Logging;

namespace IoTBackend.FunctionsHost;

internal static partial class HostLog
{
    /// <summary>An outage in one line: it is logged again at every try.</summary>
    public static string Cause(Exception failure)
    {
        // The storage clients wrap their tries, all with the same story.
        var one = failure is AggregateException { InnerExceptions: [.., var last] } ? last : failure;
        return one.GetBaseException().Message.Split('\n')[0].TrimEnd();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Function} failed.")]
    public static partial void InvocationFailed(ILogger logger, string function, Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Function}: retry {Retry} in {Pause}, after: {Cause}")]
    public static partial void Retrying(ILogger logger, string function, int retry, TimeSpan pause, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lock {Name} was lost; waiting for it again.")]
    public static partial void LockLost(ILogger logger, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Storage did not answer for {What}: {Cause}")]
    public static partial void StorageUnavailable(ILogger logger, string what, string cause);

    [LoggerMessage(Level = LogLevel.Error, Message = "A message of queue {Queue} failed {Count} times and went to its poison queue.")]
    public static partial void Poisoned(ILogger logger, string queue, long count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A message of queue {Queue} could not be kept invisible and may run twice: {Cause}")]
    public static partial void RenewalFailed(ILogger logger, string queue, string cause);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Function}: partition {Partition} is ours.")]
    public static partial void PartitionClaimed(ILogger logger, string function, string partition);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Function}: another host has partition {Partition} now.")]
    public static partial void PartitionTaken(ILogger logger, string function, string partition);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Function}: partition {Partition} cannot be read at the moment: {Cause}")]
    public static partial void PartitionUnavailable(ILogger logger, string function, string partition, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The partitions of {Hub} could not be balanced this time: {Cause}")]
    public static partial void BalancingFailed(ILogger logger, string hub, string cause);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Function} ran longer than functionTimeout, {Limit}: cancelled.")]
    public static partial void TimedOut(ILogger logger, string function, TimeSpan limit);

    [LoggerMessage(Level = LogLevel.Error, Message = "The worker process ended with code {ExitCode}; starting it again.")]
    public static partial void WorkerEnded(ILogger logger, int exitCode);

    [LoggerMessage(Level = LogLevel.Error, Message = "The worker did not start: {Reason}")]
    public static partial void WorkerDidNotStart(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The worker is back.")]
    public static partial void WorkerIsBack(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Line}")]
    public static partial void WorkerWrote(ILogger logger, string line);

    [LoggerMessage(Level = LogLevel.Critical, Message = "A listener broke down; the host stops.")]
    public static partial void ListenerFailed(ILogger logger, Exception failure);
}
