using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>Online, overdue, offline: how long a device may be silent, and what is said when it was silent for longer.</summary>
internal static class SilenceDetector
{
    /// <summary>A device of which only one reading is known may report once a day.</summary>
    private static readonly TimeSpan UnknownRhythm = TimeSpan.FromDays(2);

    /// <summary>Share of the timeout after which a device is overdue, and how many intervals that is at most.</summary>
    private const double OverdueShare = 0.6;
    private const double OverdueIntervals = 5;

    /// <summary>A return is confirmed by a second message where the device was offline within so many intervals before.</summary>
    private const int ConfirmWithin = 200;

    /// <summary>
    /// A device that was offline within so many intervals is likely to fall silent again, if that silence was one for sure. A
    /// shorter one may have been a rhythm that slowed down, and will come again as well.
    /// </summary>
    private const int AgainWithin = 20;
    private const int LongSilence = 25;

    /// <summary>What it says first is as old as most of the silence: it was kept, and the device went on.</summary>
    private const double KeptShare = 0.5;

    /// <summary>
    /// Members of an outage come back one after the other: who is left gets this share of the silence as well, three days at most.
    /// What was put away for a winter is not put back within an hour.
    /// </summary>
    private const double ReturnShare = 0.02;
    private const long LongestReturn = 3 * 86_400_000;

    private static readonly long LongestAnnouncement = (long)TimeSpan.FromDays(400).TotalMilliseconds;

    /// <summary>Silence after which the device is called offline.</summary>
    public static TimeSpan Timeout(DetectionPolicy policy, in DetectionState state)
    {
        var expected = Expected(policy, in state);
        if (expected <= 0)
            return UnknownRhythm;
        var allowed = Math.Max(policy.FalseAlarmsPer1000DeviceDays / 1000 * expected / 86400, 1e-12);
        var share = Math.Min(0.9f, Math.Max(state.Loss.Share, state.Loss.UsualShare));
        return Bounded(expected * state.Rhythm.Tail.Timeout(allowed, share, Expectation(in state)));
    }

    /// <summary>At most 20 of the longest announcements.</summary>
    private static TimeSpan Bounded(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, 20 * 400 * 86400.0));

    private static TimeSpan Overdue(DetectionPolicy policy, in DetectionState state, TimeSpan timeout)
    {
        var interval = TimeSpan.FromSeconds(Expected(policy, in state));
        return timeout * OverdueShare < OverdueIntervals * interval || interval <= TimeSpan.Zero ? timeout * OverdueShare : OverdueIntervals * interval;
    }

    private static SilenceExpectation Expectation(in DetectionState state) => state switch
    {
        _ when BatteryDetector.IsExhausted(in state.Battery) => SilenceExpectation.Last,
        { Flapping.SinceOffline: > 0 and <= AgainWithin, Silence.WasLong: true } => SilenceExpectation.Another,
        _ => SilenceExpectation.None,
    };

    /// <summary>Time to the next report: as announced, or the typical one; seconds, 0 = not known.</summary>
    private static double Expected(DetectionPolicy policy, in DetectionState state) =>
        state.Silence.Announced > 0 ? state.Silence.Announced / 1000.0 : Interval(policy, in state).TotalSeconds;

    /// <summary>
    /// Typical time between reports that arrive; zero = not known. The counter sees a link get worse before the median does, but
    /// tells no silence from a bad link: it counts up to root two times half the upper quartile, which is the median of exponential gaps,
    /// and only where messages are lost between the silences too. Else the device was gone, which says nothing about its rhythm.
    /// </summary>
    public static TimeSpan Interval(DetectionPolicy policy, in DetectionState state)
    {
        var byCounter = Math.Min(state.Loss.MedianSecondsBetweenArrivals, state.Rhythm.UpperQuartileSeconds / Math.Sqrt(2));
        var seconds = state.Loss.Share < IntervalTail.Lossy ? state.Rhythm.UsualSeconds : Math.Max(state.Rhythm.UsualSeconds, byCounter);
        return policy.ReportingInterval is { } declared && seconds < declared.TotalSeconds ? declared : TimeSpan.FromSeconds(seconds);
    }

    public static void Judge(DetectionPolicy policy, ref DetectionState state, long now, long heldSince, List<Signal> signals)
    {
        ref var silence = ref state.Silence;
        if (!IsWatched(in silence))
            return;
        silence.HeldSince = Math.Max(silence.HeldSince, heldSince);
        var timeout = Timeout(policy, in state);
        if (now >= Deadline(in silence, Overdue(policy, in state, timeout)))
            silence.Status = ConnectivityStatus.Overdue;
        if (now < Deadline(in silence, timeout))
            return;
        silence.Status = ConnectivityStatus.Offline;
        if (silence.Attached)
            return;
        if (silence.RaisedAt != 0)
            return;
        silence.RaisedAt = Math.Max(1, now);
        silence.SilentSince = silence.LastArrival;
        if (silence.Cause != SilenceCause.Gateway && SilenceCauses.Before(policy, in state) is var before and not SilenceCause.Unknown)
            silence.Cause = before;
        silence.NeedsConfirmation = state.Flapping.SinceOffline is > 0 and <= ConfirmWithin || state.Loss.ShareWithSilences >= IntervalTail.Lossy;
        state.Flapping.SinceOffline = 1;
        signals.Add(Said(policy, in state, AlertChange.Opened, now,
            $"Silent for {Say.Duration((now - silence.LastArrival) / 1000.0)}; its rhythm{Usual(Interval(policy, in state))} does not explain that."));
    }

    /// <summary>When <see cref="Judge"/> may have something new to say; 0 = never.</summary>
    public static long DueAt(DetectionPolicy policy, in DetectionState state)
    {
        ref readonly var silence = ref state.Silence;
        if (!IsWatched(in silence))
            return 0;
        var timeout = Timeout(policy, in state);
        return Deadline(in silence, silence.Status == ConnectivityStatus.Overdue ? timeout : Overdue(policy, in state, timeout));
    }

    /// <summary>From when on a device that stays silent is overdue; null = never heard.</summary>
    public static DateTimeOffset? OverdueAt(DetectionPolicy policy, in DetectionState state) => state.Silence.LastArrival == 0
        ? null
        : Say.Time(Deadline(in state.Silence, Overdue(policy, in state, Timeout(policy, in state))));

    /// <summary>By then whoever fell silent with it is overdue too, however even or uneven its rhythm: its group has spoken. null = never heard.</summary>
    public static DateTimeOffset? GroupSpeaksBy(DetectionPolicy policy, in DetectionState state) => state.Silence.LastArrival == 0
        ? null
        : Say.Time(Deadline(in state.Silence, Bounded(OverdueIntervals * Expected(policy, in state)) + GroupOutageDetector.Slack));

    /// <summary>The silence is part of an outage of the device's group: quiet from now on, and explained if it was not.</summary>
    public static void Attach(ref DetectionState state, string group, long now, List<Signal> signals)
    {
        ref var silence = ref state.Silence;
        if (silence.Attached || silence.Status is not (ConnectivityStatus.Overdue or ConnectivityStatus.Offline))
            return;
        silence.Attached = true;
        // Told with a cause of its own before the others were missed: what ended it was not theirs.
        if (silence is { RaisedAt: not 0, Cause: SilenceCause.Power or SilenceCause.Update })
            return;
        silence.Cause = SilenceCause.Gateway;
        if (silence.RaisedAt == 0)
            return;
        signals.Add(Say.Signal(
            AlertKind.DeviceOffline, AlertChange.Revised, Severity.Critical, silence.RaisedAt, now,
            $"Silent together with other members of {group}.", silence.Cause.Name(), new() { ["group"] = group }));
    }

    /// <summary>The others of its group are heard: what silenced it is on its own side.</summary>
    public static void Alone(DetectionPolicy policy, ref DetectionState state, string group, long now, List<Signal> signals)
    {
        if (!IsUnexplained(policy, in state, now))
            return;
        state.Silence.Cause = SilenceCauses.Before(policy, in state) is var before and not SilenceCause.Unknown ? before : SilenceCause.Device;
        signals.Add(Say.Signal(
            AlertKind.DeviceOffline, AlertChange.Revised, Severity.Critical, state.Silence.RaisedAt, now,
            $"Silent while the others of {group} report.", state.Silence.Cause.Name(), new() { ["group"] = group }));
    }

    /// <summary>Its alert is open, without a cause yet, or with that of an outage that has been over for as long as its return may take.</summary>
    public static bool IsUnexplained(DetectionPolicy policy, in DetectionState state, long now) =>
        state.Silence is { RaisedAt: not 0, Attached: false, Returning: false, Status: ConnectivityStatus.Offline } silence
        && (silence.Cause == SilenceCause.Unknown || (silence.Cause == SilenceCause.Gateway && now >= Deadline(in silence, Timeout(policy, in state))));

    /// <summary>The group speaks for the device no longer, and it is still silent: it gets its time again, then it is judged on its own.</summary>
    /// <param name="policy">The rules for the device.</param>
    /// <param name="state">The state of the device.</param>
    /// <param name="isAlone">The others of its group report.</param>
    /// <param name="isHeardBadly">The group is still heard badly, which explains no silence of that length: it gets no time.</param>
    /// <param name="now">The time.</param>
    public static void Detach(DetectionPolicy policy, ref DetectionState state, bool isAlone, bool isHeardBadly, long now)
    {
        if (!state.Silence.Attached)
            return;
        state.Silence.Attached = false;
        if (isAlone && state.Silence.RaisedAt == 0)
            state.Silence.Cause = SilenceCause.Device;
        var heldSince = isHeardBadly ? now - (long)Timeout(policy, in state).TotalMilliseconds : now + Math.Min((long)(ReturnShare * (now - state.Silence.LastArrival)), LongestReturn);
        state.Silence.HeldSince = Math.Max(state.Silence.HeldSince, heldSince);
        if (state.Silence.RaisedAt == 0 && state.Silence.Status == ConnectivityStatus.Offline)
            state.Silence.Status = ConnectivityStatus.Overdue;
    }

    /// <summary>Moves the clock to an arrival; returns the interval before it in milliseconds, negative when there is none to learn from.</summary>
    public static long Arrive(DetectionPolicy policy, ref DetectionState state, long arrival, TimeSpan? next, bool isRepeat)
    {
        ref var silence = ref state.Silence;
        if (silence.FirstArrival == 0)
            silence.FirstArrival = arrival;
        var gap = silence.LastArrival == 0 ? -1 : arrival - silence.LastArrival;
        if (gap < 0 && silence.LastArrival != 0)
            return gap;
        state.Rhythm.WasSilent(gap / 1000.0);
        if (gap > 0 && silence.HeldSince <= silence.LastArrival && !isRepeat)
        {
            // An announced interval says nothing about the usual one, but how late the device was is learned.
            var usual = state.Rhythm.UsualSeconds;
            var late = silence.Announced > 0 && usual > 0 ? usual / silence.Announced * gap : gap / 1000.0;
            state.Rhythm.Learn(late, silence.Announced > 0 ? usual : Expected(policy, in state));
        }
        silence.LastArrival = Math.Max(1, arrival);
        silence.HeldSince = Math.Min(silence.HeldSince, silence.LastArrival);
        silence.Announced = next is { Ticks: > 0 } wait ? (long)Math.Clamp(wait.TotalMilliseconds, 1000, LongestAnnouncement) : 0;
        return gap;
    }

    /// <summary>Ends the silence before this arrival; true when the device had been called offline.</summary>
    /// <param name="policy">The rules.</param>
    /// <param name="state">The state after <see cref="Arrive"/>.</param>
    /// <param name="gap">Interval before the arrival, milliseconds.</param>
    /// <param name="step">What its counter says.</param>
    /// <param name="lost">Messages lost before it.</param>
    /// <param name="age">How old its content is, milliseconds.</param>
    /// <param name="now">The arrival.</param>
    /// <param name="signals">Receives revised and cleared.</param>
    public static bool Return(DetectionPolicy policy, ref DetectionState state, long gap, SequenceStep step, long lost, long age, long now, List<Signal> signals)
    {
        ref var silence = ref state.Silence;
        var wasOffline = silence.Status == ConnectivityStatus.Offline;
        silence.Status = ConnectivityStatus.Online;
        silence.Attached = false;
        if (wasOffline)
            silence.WasLong = gap >= LongSilence * Interval(policy, in state).TotalMilliseconds;
        if (silence.RaisedAt == 0)
        {
            silence.Cause = SilenceCause.Unknown;
            return wasOffline;
        }
        if (wasOffline || silence.Cause == SilenceCause.Unknown)
            Explain(policy, ref state, gap, step, lost, age, now, signals);
        var uncounted = step == SequenceStep.Unknown && state.Loss.Counter.Received > 0;
        if (wasOffline && !silence.Returning && (uncounted || silence.NeedsConfirmation))
        {
            silence.Returning = true;
            return true;
        }
        signals.Add(Said(policy, in state, AlertChange.Cleared, Math.Max(now, silence.RaisedAt), $"Back after {Say.Duration((now - silence.SilentSince) / 1000.0)}."));
        (silence.RaisedAt, silence.Returning, silence.Cause) = (0, false, SilenceCause.Unknown);
        return wasOffline;
    }

    private static void Explain(DetectionPolicy policy, ref DetectionState state, long gap, SequenceStep step, long lost, long age, long now, List<Signal> signals)
    {
        ref var silence = ref state.Silence;
        var period = state.Loss.Counter.SecondsPerMessage;
        // A clock that started over is off by more than the silence.
        var hasKept = step is SequenceStep.Unknown or SequenceStep.Forward && age >= KeptShare * gap && age <= gap;
        var cause = SilenceCauses.After(silence.Cause, hasKept ? SequenceStep.Forward : step, hasKept ? 1 : lost, hasKept ? 1 : period > 0 ? gap / 1000.0 / period : 0);
        if (cause == silence.Cause)
            return;
        silence.Cause = cause;
        signals.Add(Said(policy, in state, AlertChange.Revised, now, cause switch
        {
            SilenceCause.Link when hasKept => "It went on: what it kept arrives now.",
            SilenceCause.Link => $"It went on sending: {lost} messages of the silence are lost.",
            SilenceCause.Device when step is SequenceStep.Repeat or SequenceStep.Forward => "It sent nothing meanwhile: its counter stood still.",
            _ => "It started over: its counter went back.",
        }));
    }

    private static bool IsWatched(in SilenceState silence) => silence.LastArrival != 0
        && !(silence.Status == ConnectivityStatus.Offline && (silence.RaisedAt != 0 || silence.Attached));

    private static long Deadline(in SilenceState silence, TimeSpan wait) => Math.Max(silence.LastArrival, silence.HeldSince) + (long)wait.TotalMilliseconds;

    private static string Usual(TimeSpan interval) => interval > TimeSpan.Zero ? $" of a message every {Say.Duration(interval.TotalSeconds)}" : "";

    private static Signal Said(DetectionPolicy policy, in DetectionState state, AlertChange change, long at, string summary) => Say.Signal(
        AlertKind.DeviceOffline, change, Severity.Critical, state.Silence.RaisedAt, at, summary, state.Silence.Cause.Name(), Evidence(policy, in state));

    private static Dictionary<string, object> Evidence(DetectionPolicy policy, in DetectionState state)
    {
        var evidence = new Dictionary<string, object>
        {
            ["silentSince"] = Say.Time(state.Silence.SilentSince).ToString("O"),
            ["intervalSeconds"] = Math.Round(Interval(policy, in state).TotalSeconds, 1),
            ["timeoutSeconds"] = Math.Round(Timeout(policy, in state).TotalSeconds, 1),
        };
        if (state.Loss.Counter.Received > 0)
            evidence["lossShare"] = Math.Round(state.Loss.Share, 3);
        if (state.Link.Count > 0)
            evidence["rssi"] = Math.Round(state.Link.Current, 1);
        if (state.Gateway is { } gateway)
            evidence["gateway"] = gateway;
        if (state.Battery.Voltage.IsKnown)
            evidence["voltage"] = Math.Round(state.Battery.Voltage.Median, 3);
        if (state.Battery.Percent.IsKnown)
            evidence["percent"] = Math.Round(state.Battery.Percent.Median, 1);
        if (state.Digest is { } digest && state.Silence.Cause == SilenceCause.Update)
            evidence["digest"] = digest;
        return evidence;
    }
}
