namespace IoTBackend.Functions.Hosting;

/// <summary>
/// When the timers run: CRON with seconds, in settings of one flat name each. The host reads them, outside of this process, so the
/// app has no defaults for them: the stack and the templates set them.
/// </summary>
internal static class Schedules
{
    /// <summary>Setting <c>SweepSchedule</c>: how often devices that fell due are judged.</summary>
    public const string Sweep = "%SweepSchedule%";

    /// <summary>Setting <c>ReconcileSchedule</c>: how often the registries are asked for pushes whose event was lost.</summary>
    public const string Reconcile = "%ReconcileSchedule%";

    /// <summary>Setting <c>UpkeepSchedule</c>: how often what is past its retention is removed, and batteries are compared with their peers.</summary>
    public const string Upkeep = "%UpkeepSchedule%";
}
