using Microsoft.Extensions.Logging;

namespace IoTBackend.Local.FunctionsHost;

internal static partial class HostLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Function} failed.")]
    public static partial void InvocationFailed(ILogger logger, string function, Exception failure);
}
