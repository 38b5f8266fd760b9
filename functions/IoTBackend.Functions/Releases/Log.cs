using Microsoft.Extensions.Logging;

namespace IoTBackend.Functions.Releases;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "A push event was not understood: {Reason}")]
    public static partial void NotUnderstood(ILogger log, string reason);

    [LoggerMessage(2, LogLevel.Warning, "Tag {Tag} of track {Track} does not go out: {Reason}")]
    public static partial void NotReleased(ILogger log, string track, string tag, string reason);

    [LoggerMessage(3, LogLevel.Information, "The release of track {Track} is being offered to {Devices} devices")]
    public static partial void Offered(ILogger log, string track, int devices);

    [LoggerMessage(4, LogLevel.Warning, "Track {Track} could not be reconciled with its registry: {Reason}")]
    public static partial void NotReconciled(ILogger log, string track, string reason);

    [LoggerMessage(5, LogLevel.Warning, "The registry {Registry} could not be read and will be asked again: {Reason}")]
    public static partial void ReadLater(ILogger log, string registry, string reason);

    [LoggerMessage(6, LogLevel.Warning, "Release {Release}, which is out, could not be judged again and will be in the next hour: {Reason}")]
    public static partial void NotWatched(ILogger log, string release, string reason);

    [LoggerMessage(7, LogLevel.Warning, "A message of {Queue} was put back: {Reason}")]
    public static partial void PutBack(ILogger log, string queue, string reason);
}
