using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Settings;
using IoTBackend.FunctionsHost.Storage;

namespace IoTBackend.FunctionsHost.Timers;

internal static class TimerFeed
{
    /// <summary>Names as the Functions host gives them, below container <c>azure-webjobs-hosts</c>: <c>locks/{host}/{function}.Listener</c>, <c>timers/{host}/{function}/status</c>.</summary>
    public static Func<BackgroundCall, IListener> Prepare(Function function, AppSettings settings, StorageConnections connections, string hostId)
    {
        var text = settings.Resolve(function["schedule"] ?? "");
        var schedule = text.Length == 0 ? null : Parse(function, text);
        var useMonitor = !"false".Equals(function["useMonitor"], StringComparison.OrdinalIgnoreCase);
        var runOnStartup = "true".Equals(function["runOnStartup"], StringComparison.OrdinalIgnoreCase);
        return call =>
        {
            var container = connections.Blobs().GetBlobContainerClient("azure-webjobs-hosts");
            var monitored = useMonitor && schedule?.IsBelowAMinute(call.Time.GetUtcNow()) == false;
            return new TimerListener(
                call,
                schedule ?? throw new InvalidOperationException("A timer without a schedule."),
                runOnStartup,
                monitored ? new BlobTimerMemory(container, $"timers/{hostId}/{function.Name}/status", call.Logger) : null,
                new(container, $"locks/{hostId}/{function.Name}.Listener", call.Time, call.Logger));
        };
    }

    private static Schedule Parse(Function function, string text)
    {
        try
        {
            return Schedule.Parse(text);
        }
        catch (FormatException wrong)
        {
            throw new HostException($"{function.Name}: {wrong.Message}");
        }
    }
}
