using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;

namespace IoTBackend.Functions.Hosting;

/// <summary>
/// When the timers run: CRON with seconds, in settings of one flat name each, since the platform reads them too, outside of
/// this process.
/// </summary>
internal static class Schedules
{
    /// <summary>Setting <c>SweepSchedule</c>: how often devices that fell due are judged.</summary>
    public const string Sweep = "%SweepSchedule%";

    /// <summary>Setting <c>ReconcileSchedule</c>: how often the registries are asked for pushes whose event was lost.</summary>
    public const string Reconcile = "%ReconcileSchedule%";

    /// <summary>Setting <c>UpkeepSchedule</c>: how often what is past its retention is removed, and batteries are compared with their peers.</summary>
    public const string Upkeep = "%UpkeepSchedule%";

    /// <summary>Puts the defaults below every other source of settings.</summary>
    public static void AddScheduleDefaults(this IConfigurationBuilder configuration) =>
        configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["SweepSchedule"] = "*/5 * * * * *",
                ["ReconcileSchedule"] = "0 */5 * * * *",
                ["UpkeepSchedule"] = "0 7 * * * *",
            },
        });
}
