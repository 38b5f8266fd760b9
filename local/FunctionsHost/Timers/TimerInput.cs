using System.Text.Json;
using IoTBackend.FunctionsHost.Protocol;

namespace IoTBackend.FunctionsHost.Timers;

/// <summary>When a timer ran and is to run; the worker and Azure's host know it by these names.</summary>
internal sealed record ScheduleStatus
{
    public DateTime Last { get; init; }

    public DateTime Next { get; init; }

    public DateTime LastUpdated { get; init; }
}

/// <summary>What the function is told.</summary>
/// <param name="ScheduleStatus">Null where the schedule is not monitored.</param>
/// <param name="IsPastDue">This run was due while no host was there.</param>
internal sealed record TimerInput(ScheduleStatus? ScheduleStatus, bool IsPastDue)
{
    public TypedData ToTypedData() => new() { Json = JsonSerializer.Serialize(this) };
}
