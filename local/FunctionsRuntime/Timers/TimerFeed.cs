using System.Reflection;
using IoTBackend.Local.FunctionsHost.Functions;
using IoTBackend.Local.FunctionsHost.Settings;
using IoTBackend.Local.FunctionsHost.Storage;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Local.FunctionsHost.Timers;

internal static class TimerFeed
{
    /// <summary>Names as the Functions host gives them, below container <c>azure-webjobs-hosts</c>: <c>locks/{host}/{function}.Listener</c>, <c>timers/{host}/{function}/status</c>.</summary>
    public static Func<BackgroundCall, IListener> Prepare(TimerTriggerAttribute trigger, AppSettings settings, StorageConnections connections)
    {
        var text = settings.Resolve(trigger.Schedule);
        var schedule = text.Length == 0 ? null : Schedule.Parse(text);
        return call =>
        {
            var container = connections.Blobs().GetBlobContainerClient("azure-webjobs-hosts");
            var host = (Assembly.GetEntryAssembly()?.GetName().Name ?? "host").ToLowerInvariant();
            var monitored = trigger.UseMonitor && schedule?.IsBelowAMinute(call.Time.GetUtcNow()) == false;
            return new TimerListener(
                call,
                schedule ?? throw new InvalidOperationException("A timer without a schedule."),
                monitored ? new BlobTimerMemory(container, $"timers/{host}/{call.Function.Name}/status", call.Logger) : null,
                new(container, $"locks/{host}/{call.Function.Name}.Listener", call.Time, call.Logger));
        };
    }
}
