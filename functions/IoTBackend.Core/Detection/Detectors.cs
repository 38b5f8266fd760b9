using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection;

/// <summary>Every rule about one device, as pure functions of what was known and what came. The live path and the backtest run this code.</summary>
public static class Detectors
{
    /// <summary>Takes one reading into the state. Allocates only when it has something to say.</summary>
    /// <param name="policy">The rules for this device.</param>
    /// <param name="state">What is known of the device; a value, so that a copy taken before is untouched.</param>
    /// <param name="reading">What the device said.</param>
    /// <param name="arrivedAt">When the hub took it: the only clock that orders readings.</param>
    /// <param name="signals">Receives what changed, in order.</param>
    public static void Observe(DetectionPolicy policy, ref DetectionState state, in Reading reading, DateTimeOffset arrivedAt, List<Signal> signals)
    {
        var arrival = arrivedAt.ToUnixTimeMilliseconds();
        var step = SequenceStep.Unknown;
        long lost = 0;
        var isSoon = state.Rhythm.IsSoon((arrival - state.Silence.LastArrival) / 1000.0);
        if (reading.Sequence is { } sequence)
            step = state.Loss.Counter.Take(sequence, arrival, isSoon, out lost);
        var overdue = state.Silence.Status is ConnectivityStatus.Overdue or ConnectivityStatus.Offline;
        // What its group fell silent with is no habit of its own.
        var wasAttached = state.Silence.Attached;
        var isOwnSilence = overdue && !wasAttached;
        var isHeld = state.Silence.HeldSince > state.Silence.LastArrival;
        var gap = SilenceDetector.Arrive(policy, ref state, arrival, reading.Next, isRepeat: step == SequenceStep.Repeat && !overdue);
        var age = reading.Time is { } time ? state.Clock.AgeOf(time.ToUnixTimeMilliseconds(), arrival) : 0;
        var wasOffline = SilenceDetector.Return(policy, ref state, gap, step, lost, age, arrival, signals);
        if (((wasOffline || wasAttached) && state.Loss.Counter.Settle()) || step == SequenceStep.Reset)
            state.Resets.Add(arrival);
        if (gap != 0)
            state.Images.Heard();
        if (isHeld)
            state.Heard.Forgive();
        else if (gap > 0 && !isSoon && step != SequenceStep.Repeat)
            state.Heard.Take(gap / 1000f, step is SequenceStep.Forward or SequenceStep.Late ? lost : null);
        FlappingDetector.Observe(policy, ref state.Flapping, isOwnSilence, arrival, signals);
        if (step != SequenceStep.Unknown)
            DataLossDetector.Observe(policy, ref state.Loss, lost, wasOffline, arrival, signals);
        LinkDetector.Observe(policy, ref state, reading.Rssi, arrival, signals);
        DetectionState.Remember(ref state.Gateway, reading.Gateway, DetectionState.MaxGatewayBytes);
        if (state.RememberImage(reading.Track, reading.Digest, arrival))
            state.Silence.ImageSwitchedAt = arrival;
        BatteryDetector.Observe(policy, ref state, in reading, arrival, signals);
    }

    /// <summary>Judges a device that has said nothing.</summary>
    /// <param name="policy">The rules for this device.</param>
    /// <param name="state">What is known of the device.</param>
    /// <param name="now">The processed watermark: every reading that arrived before it has been observed.</param>
    /// <param name="heldSince">End of the last gap the backend caused itself; silence is counted from there at the earliest.</param>
    /// <param name="signals">Receives what changed, in order.</param>
    public static void Judge(DetectionPolicy policy, ref DetectionState state, DateTimeOffset now, DateTimeOffset heldSince, List<Signal> signals) =>
        SilenceDetector.Judge(policy, ref state, now.ToUnixTimeMilliseconds(), heldSince.ToUnixTimeMilliseconds(), signals);

    /// <summary>The earliest time at which <see cref="Judge"/> could have something new to say if nothing is heard; null = never.</summary>
    public static DateTimeOffset? DueAt(DetectionPolicy policy, in DetectionState state) =>
        SilenceDetector.DueAt(policy, in state) is var due and > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(due) : null;

    /// <summary>Makes the device's silence part of an outage of its group: its own alert stays quiet, or is revised if it is already open.</summary>
    public static void Attach(ref DetectionState state, string group, DateTimeOffset now, List<Signal> signals) =>
        SilenceDetector.Attach(ref state, group, now.ToUnixTimeMilliseconds(), signals);

    /// <summary>The others of the device's group report: an alert without a cause, or with that of an outage long over, is put down to the device itself.</summary>
    public static void Alone(DetectionPolicy policy, ref DetectionState state, string group, DateTimeOffset now, List<Signal> signals) =>
        SilenceDetector.Alone(policy, ref state, group, now.ToUnixTimeMilliseconds(), signals);

    /// <summary>Raises or clears <c>battery.drain</c> by what devices of the same model on the same image drain.</summary>
    public static void CompareWithPeers(DetectionPolicy policy, ref DetectionState state, PeerDrain peers, DateTimeOffset now, List<Signal> signals) =>
        BatteryDrain.CompareWithPeers(policy, ref state.Battery, peers, now.ToUnixTimeMilliseconds(), signals);

    /// <summary>The outage of its group is over and the device is still silent: it gets its time again, then the next Judge raises its own alert.</summary>
    public static void Detach(DetectionPolicy policy, ref DetectionState state, bool isAlone, bool isHeardBadly, DateTimeOffset now) =>
        SilenceDetector.Detach(policy, ref state, isAlone, isHeardBadly, now.ToUnixTimeMilliseconds());
}
