using System.Collections.Concurrent;
using System.Globalization;
using IoTBackend.FunctionsHost.Protocol;
using Microsoft.Extensions.Logging;

namespace IoTBackend.FunctionsHost.Workers;

/// <summary>What the worker logs, into this host's log under its own category: host.json's levels decide what is shown.</summary>
internal sealed class WorkerLogs(ILoggerFactory loggers)
{
    private readonly ConcurrentDictionary<string, ILogger> categories = new();

    public void Write(RpcLog entry)
    {
        var logger = categories.GetOrAdd(entry.Category is { Length: > 0 } category ? category : "Worker", loggers.CreateLogger);
        var level = (LogLevel)Math.Clamp((int)entry.Level, (int)LogLevel.Trace, (int)LogLevel.None);
        if (!logger.IsEnabled(level))
            return;
        int.TryParse(entry.EventId, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number);
        logger.Log(level, new EventId(number), entry, entry.Exception is null ? null : new FunctionFailedException(entry.Exception), static (entry, _) => entry.Message);
    }
}
