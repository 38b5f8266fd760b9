using Microsoft.Extensions.Logging;

namespace IoTBackend.Local.FunctionsHost;

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

    [LoggerMessage(Level = LogLevel.Information, Message = "Partition {Partition} of {Hub} is ours.")]
    public static partial void PartitionClaimed(ILogger logger, string hub, string partition);

    [LoggerMessage(Level = LogLevel.Information, Message = "Another host reads partition {Partition} now.")]
    public static partial void PartitionTaken(ILogger logger, string partition);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Partition {Partition} cannot be read at the moment: {Cause}")]
    public static partial void PartitionUnavailable(ILogger logger, string partition, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The partitions of {Hub} could not be balanced this time: {Cause}")]
    public static partial void BalancingFailed(ILogger logger, string hub, string cause);

    [LoggerMessage(Level = LogLevel.Critical, Message = "A listener broke down; the host stops.")]
    public static partial void ListenerFailed(ILogger logger, Exception failure);
}
