namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>A member of a group changed its connectivity status: made wherever Observe or Judge changed <see cref="DetectionState.Status"/>.</summary>
/// <param name="DeviceId">The member.</param>
/// <param name="Status">What it is now: overdue and offline count as silent, online as returned.</param>
/// <param name="SilentSince">Its latest arrival.</param>
/// <param name="OverdueAt">By then it should have been heard again.</param>
/// <param name="Interval">Its usual interval: a member counts as active for ten of these, and for a day at least.</param>
/// <param name="RestartedAt">When it was last seen to have started over, by its counter.</param>
/// <param name="IsAttached">It was told that a group speaks for it.</param>
public readonly record struct MemberChange(
    string DeviceId, ConnectivityStatus Status, DateTimeOffset SilentSince, DateTimeOffset OverdueAt, TimeSpan Interval, DateTimeOffset? RestartedAt = null, bool IsAttached = false)
{
    public static MemberChange Of(string deviceId, DetectionPolicy policy, in DetectionState state, DateTimeOffset at) =>
        new(deviceId, state.Status, state.LastSeen ?? at, SilenceDetector.OverdueAt(policy, in state) ?? at, SilenceDetector.Interval(policy, in state), state.Resets.Latest, state.Silence.Attached);

    /// <summary>It is no member any more: nobody misses it.</summary>
    public static MemberChange Gone(string deviceId, DateTimeOffset at) => new(deviceId, ConnectivityStatus.Unknown, at, at, TimeSpan.Zero);

    internal bool IsGone => Status == ConnectivityStatus.Unknown;

    /// <summary>What silenced it began before this: when it was overdue, ten intervals at least, for what fails seldom fails at one stroke.</summary>
    internal DateTimeOffset BeganBefore => OverdueAt > SilentSince + 10 * Interval ? OverdueAt : SilentSince + 10 * Interval;

    internal bool IsSilent => Status is ConnectivityStatus.Overdue or ConnectivityStatus.Offline;

    internal static TimeSpan ActiveFor(TimeSpan interval) => 10 * interval > TimeSpan.FromDays(1) ? 10 * interval : TimeSpan.FromDays(1);
}
