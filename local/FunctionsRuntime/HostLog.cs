using Microsoft.Extensions.Logging;

namespace IoTBackend.Local.FunctionsHost;

internal static partial class HostLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Function} failed.")]
    public static partial void InvocationFailed(ILogger logger, string function, Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Function}: retry {Retry} in {Pause}.")]
    public static partial void Retrying(ILogger logger, string function, int retry, TimeSpan pause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lock {Name} was lost; waiting for it again.")]
    public static partial void LockLost(ILogger logger, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Storage did not answer for {What}; trying again.")]
    public static partial void StorageUnavailable(ILogger logger, string what, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "A message of queue {Queue} failed {Count} times and went to its poison queue.")]
    public static partial void Poisoned(ILogger logger, string queue, long count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A message of queue {Queue} could not be kept invisible; it may run twice.")]
    public static partial void RenewalFailed(ILogger logger, string queue, Exception failure);
}
