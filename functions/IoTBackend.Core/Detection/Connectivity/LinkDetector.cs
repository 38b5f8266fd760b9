using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>Signal strength: what is usual for this device, what it is of late, and how much it scatters. dBm and dB.</summary>
internal struct LinkState
{
    public long RaisedAt;
    public float Usual;
    public float Current;
    public float Scatter;
    public int Count;
}

/// <summary>A link that became worse than its own past: the signal fell, or many more messages are lost than used to be.</summary>
internal static class LinkDetector
{
    /// <summary>Readings over which the current signal is taken.</summary>
    private const int Window = 40;

    private const int LongWindow = 3000;
    private const int FewestReadings = 200;

    public static void Observe(DetectionPolicy policy, ref DetectionState state, double? rssi, long now, List<Signal> signals)
    {
        ref var link = ref state.Link;
        if (rssi is { } signal && double.IsFinite(signal))
            Learn(ref link, (float)Math.Clamp(signal, -200, 20));
        var drop = Drop(in link);
        var worse = Worse(in state.Loss);
        var raise = link.RaisedAt == 0 && (drop >= Limit(policy, in link) || worse >= 2 * policy.DataLossShare);
        if (raise)
            link.RaisedAt = now;
        else if (link.RaisedAt == 0 || drop >= 0.5 * Limit(policy, in link) || worse >= policy.DataLossShare)
            return;
        signals.Add(Say.Signal(
            AlertKind.LinkDegraded,
            raise ? AlertChange.Opened : AlertChange.Cleared,
            Severity.Warning,
            link.RaisedAt,
            now,
            !raise ? "The link is as good as it used to be." :
                drop >= Limit(policy, in link) ? $"The signal is {drop:0} dB weaker than this device's usual {link.Usual:0} dBm." :
                $"Loses {Say.Share(state.Loss.Share)} of its messages where {Say.Share(state.Loss.UsualShare)} is usual.",
            null, Evidence(in link, in state.Loss)));
        if (!raise)
            link.RaisedAt = 0;
    }

    /// <summary>Only what was measured: a device without a counter, or without a radio, has no such figure.</summary>
    private static Dictionary<string, object> Evidence(in LinkState link, in LossState loss)
    {
        var evidence = new Dictionary<string, object>();
        if (link.Count > 0)
            (evidence["rssi"], evidence["usualRssi"]) = (Math.Round(link.Current, 1), Math.Round(link.Usual, 1));
        if (loss.Counter.Received > 0)
            (evidence["lossShare"], evidence["usualLossShare"]) = (Math.Round(loss.Share, 3), Math.Round(loss.UsualShare, 3));
        return evidence;
    }

    /// <summary>The link got worse before the silence, not yet enough for an alert of its own.</summary>
    public static bool IsWeak(DetectionPolicy policy, in DetectionState state) =>
        state.Link.RaisedAt != 0 || state.Loss is { RaisedAt: not 0, IsHeavy: true } || state.Flapping.RaisedAt != 0
        || Drop(in state.Link) >= 0.5 * Limit(policy, in state.Link) || Worse(in state.Loss) >= 0.5 * policy.DataLossShare;

    /// <summary>Fall of the signal, dB; 0 before the device is known.</summary>
    private static float Drop(in LinkState link) => link.Count < FewestReadings ? 0 : link.Usual - link.Current;

    private static float Worse(in LossState loss) => loss.Due < FewestReadings ? 0 : loss.Share - loss.UsualShare;

    /// <summary>A signal that always scatters must fall by more: three standard errors of the current mean of correlated readings.</summary>
    private static double Limit(DetectionPolicy policy, in LinkState link) => Math.Max(policy.LinkDropDecibels, 1.5 * link.Scatter);

    private static void Learn(ref LinkState link, float rssi)
    {
        link.Count = Math.Min(link.Count + 1, LongWindow);
        link.Current += (rssi - link.Current) / Math.Min(link.Count, Window);
        link.Usual += (rssi - link.Usual) / link.Count;
        link.Scatter += (Math.Abs(rssi - link.Usual) - link.Scatter) / link.Count;
    }
}
