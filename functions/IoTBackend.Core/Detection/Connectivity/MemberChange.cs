namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>A member of a group changed its connectivity status: made wherever Observe or Judge changed <see cref="DetectionState.Status"/>.</summary>
/// <param name="DeviceId">The member.</param>
/// <param name="Status">What it is now: overdue and offline count as silent, online as returned.</param>
/// <param name="At">When the status changed.</param>
/// <param name="SilentSince">Its latest arrival.</param>
/// <param name="Interval">Its usual interval: a member counts as active for ten of these, and for a day at least.</param>
public readonly record struct MemberChange(string DeviceId, ConnectivityStatus Status, DateTimeOffset At, DateTimeOffset SilentSince, TimeSpan Interval)
{
    public static MemberChange Of(string deviceId, DetectionPolicy policy, in DetectionState state, DateTimeOffset at) =>
        new(deviceId, state.Status, at, state.LastSeen ?? at, SilenceDetector.Interval(policy, in state));

    internal static TimeSpan ActiveFor(TimeSpan interval) => 10 * interval > TimeSpan.FromDays(1) ? 10 * interval : TimeSpan.FromDays(1);
}
