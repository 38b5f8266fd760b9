using Microsoft.Extensions.Logging;

namespace IoTBackend.Functions.Releases;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "A push event was not understood: {Reason}")]
    public static partial void NotUnderstood(ILogger log, string reason);

    [LoggerMessage(2, LogLevel.Warning, "A pushed image was refused: the registry's content does not have its digest, or cannot be used")]
    public static partial void ContentRefused(ILogger log);

    [LoggerMessage(3, LogLevel.Information, "The release of track {Track} is being offered to {Devices} devices")]
    public static partial void Offered(ILogger log, string track, int devices);

    [LoggerMessage(4, LogLevel.Warning, "Track {Track} could not be reconciled with its registry: {Reason}")]
    public static partial void NotReconciled(ILogger log, string track, string reason);
}
