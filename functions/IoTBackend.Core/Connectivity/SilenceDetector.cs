using IoTBackend.Core.Alerts;
using IoTBackend.Core.Detection;

namespace IoTBackend.Core.Connectivity;

/// <summary>Online, overdue, offline: how long a device may be silent, and what is said when it was silent for longer.</summary>
internal static class SilenceDetector
{
    /// <summary>Silence after which the device is called offline.</summary>
    public static TimeSpan Timeout(DetectionPolicy policy, in DetectionState state)
    {
        var learned = state.Rhythm.TimeoutSeconds(policy.FalseAlarmsPer1000DeviceDays / 1000);
        var usual = Interval(policy, in state).TotalSeconds;
        if (usual <= 0)
            return TimeSpan.FromDays(1);
        return TimeSpan.FromSeconds(Math.Max(learned, (state.Rhythm.Count < 20 ? 5 : 2.5) * usual));
    }

    /// <summary>Typical time between reports; zero = not known.</summary>
    public static TimeSpan Interval(DetectionPolicy policy, in DetectionState state) =>
        policy.ReportingInterval is { } declared && state.Rhythm.MedianSeconds < declared.TotalSeconds
            ? declared
            : TimeSpan.FromSeconds(state.Rhythm.MedianSeconds);

    /// <summary>Silence after which the device is overdue: late, and a witness for an outage of its group.</summary>
    public static TimeSpan Overdue(DetectionPolicy policy, in DetectionState state) => Timeout(policy, in state) * 0.6;

    public static void Judge(DetectionPolicy policy, ref DetectionState state, long now, long heldSince, List<Signal> signals)
    {
        ref var silence = ref state.Silence;
        if (silence.LastArrival == 0 || silence.RaisedAt != 0)
            return;
        silence.HeldSince = Math.Max(silence.HeldSince, heldSince);
        if (now >= Deadline(in silence, Overdue(policy, in state)))
            silence.Status = ConnectivityStatus.Overdue;
        var timeout = Timeout(policy, in state);
        if (now < Deadline(in silence, timeout))
            return;
        silence.Status = ConnectivityStatus.Offline;
        if (silence.Attached)
            return;
        silence.RaisedAt = now;
        silence.Cause = SilenceCause.Unknown;
        signals.Add(Said(in state, AlertChange.Opened, now, $"Silent for {Words(now - silence.LastArrival)}, longer than the {Words((long)timeout.TotalMilliseconds)} its rhythm explains."));
    }

    /// <summary>When <see cref="Judge"/> may have something new to say; 0 = never.</summary>
    public static long DueAt(DetectionPolicy policy, in DetectionState state)
    {
        ref readonly var silence = ref state.Silence;
        return silence.LastArrival == 0 || silence.RaisedAt != 0 || (silence.Attached && silence.Status == ConnectivityStatus.Offline) ? 0
            : Deadline(in silence, silence.Status == ConnectivityStatus.Overdue ? Timeout(policy, in state) : Overdue(policy, in state));
    }

    /// <summary>The silence is part of an outage of the device's group: quiet from now on, and explained if it was not.</summary>
    public static void Attach(ref DetectionState state, string group, long now, List<Signal> signals)
    {
        ref var silence = ref state.Silence;
        if (silence.Attached || silence.Status is not (ConnectivityStatus.Overdue or ConnectivityStatus.Offline))
            return;
        silence.Attached = true;
        silence.Cause = SilenceCause.Gateway;
        if (silence.RaisedAt != 0)
            signals.Add(Said(in state, AlertChange.Revised, now, $"Silent together with other members of {group}."));
    }

    /// <summary>The outage of its group is over and the device is still silent: it is judged on its own again.</summary>
    public static void Detach(ref DetectionState state)
    {
        state.Silence.Attached = false;
        if (state.Silence.RaisedAt == 0 && state.Silence.Status == ConnectivityStatus.Offline)
            state.Silence.Status = ConnectivityStatus.Overdue;
    }

    /// <summary>Takes an arrival; returns the silence before it in seconds, negative when it does not advance the clock.</summary>
    public static double Arrive(ref DetectionState state, long arrival, TimeSpan? next, List<Signal> signals)
    {
        ref var silence = ref state.Silence;
        if (silence.FirstArrival == 0)
            silence.FirstArrival = arrival;
        var gap = silence.LastArrival == 0 ? -1 : (arrival - silence.LastArrival) / 1000.0;
        silence.LastArrival = Math.Max(silence.LastArrival, arrival);
        silence.ExpectedBy = next is { Ticks: > 0 } wait ? arrival + (long)Math.Min(wait.TotalMilliseconds, TimeSpan.FromDays(400).TotalMilliseconds) : 0;
        silence.Status = ConnectivityStatus.Online;
        silence.Attached = false;
        if (silence.RaisedAt != 0)
        {
            signals.Add(Said(in state, AlertChange.Cleared, silence.LastArrival, $"Back after {Words((long)(Math.Max(gap, 0) * 1000))}."));
            silence.RaisedAt = 0;
        }
        return gap;
    }

    private static long Deadline(in SilenceState silence, TimeSpan wait) =>
        Math.Max(Math.Max(silence.LastArrival, silence.HeldSince), silence.ExpectedBy) + (long)wait.TotalMilliseconds;

    private static Signal Said(in DetectionState state, AlertChange change, long at, string summary) => new(
        AlertKind.DeviceOffline,
        change,
        Severity.Critical,
        DateTimeOffset.FromUnixTimeMilliseconds(state.Silence.RaisedAt),
        DateTimeOffset.FromUnixTimeMilliseconds(at),
        summary,
        state.Silence.Cause.Name(),
        new Dictionary<string, object> { ["lastSeen"] = DateTimeOffset.FromUnixTimeMilliseconds(state.Silence.LastArrival).ToString("O") });

    private static string Words(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds) switch
    {
        { TotalDays: >= 2 } t => $"{t.TotalDays:0.#} days",
        { TotalHours: >= 2 } t => $"{t.TotalHours:0.#} hours",
        { TotalMinutes: >= 2 } t => $"{t.TotalMinutes:0} minutes",
        var t => $"{t.TotalSeconds:0} seconds",
    };
}
