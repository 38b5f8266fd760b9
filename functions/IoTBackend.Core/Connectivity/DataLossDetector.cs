using IoTBackend.Core.Alerts;
using IoTBackend.Core.Detection;

namespace IoTBackend.Core.Connectivity;

/// <summary>Share of messages lost of late by the device's counter, and the alert about it. Silences are left to their own alert.</summary>
internal struct LossState
{
    public SequenceCounter Counter;

    /// <summary>Fading share of lost messages over about <see cref="DataLossDetector.Window"/> messages due.</summary>
    public float Share;

    /// <summary>The same over a much longer time: what is usual for this device.</summary>
    public float UsualShare;

    /// <summary>Messages due since the device is known, capped.</summary>
    public float Due;
    public long RaisedAt;

    /// <summary>Losses already told by earlier alerts.</summary>
    public long Told;
}

internal static class DataLossDetector
{
    /// <summary>Messages due over which the share is taken.</summary>
    public const int Window = 100;

    private const int LongWindow = 3000;
    private const int FewestDue = 40;

    public static void Observe(DetectionPolicy policy, ref LossState loss, long lost, bool afterSilence, long now, List<Signal> signals)
    {
        if (!afterSilence)
            Count(ref loss, Math.Clamp(lost, 0, 1000));
        var raise = loss.RaisedAt == 0 && loss.Due >= FewestDue && loss.Share >= policy.DataLossShare;
        if (raise)
            loss.RaisedAt = now;
        else if (loss.RaisedAt == 0 || loss.Share >= policy.DataLossShare / 2)
            return;
        signals.Add(Say.Signal(
            AlertKind.DeviceDataLoss,
            raise ? AlertChange.Opened : AlertChange.Cleared,
            Severity.Warning,
            loss.RaisedAt,
            now,
            raise ? $"Loses {loss.Share:P0} of its messages." : $"Loses {loss.Share:P0} of its messages; {loss.Counter.Lost - loss.Told} were lost.",
            null,
            new() { ["lost"] = loss.Counter.Lost - loss.Told, ["share"] = Math.Round(loss.Share, 3), ["usualShare"] = Math.Round(loss.UsualShare, 3) }));
        if (raise)
            return;
        loss.RaisedAt = 0;
        loss.Told = loss.Counter.Lost;
    }

    private static void Count(ref LossState loss, long lost)
    {
        loss.Due = Math.Min(loss.Due + lost + 1, LongWindow);
        loss.Share = Fade(loss.Share, lost, Math.Min(loss.Due, Window));
        loss.UsualShare = Fade(loss.UsualShare, lost, loss.Due);
    }

    /// <summary>So many losses, then one arrival, into a share that remembers <paramref name="window"/> messages.</summary>
    private static float Fade(float share, long lost, float window)
    {
        var keep = 1 - 1 / Math.Max(window, 2);
        if (lost > 0)
            share = 1 - (1 - share) * MathF.Pow(keep, lost);
        return share * keep;
    }
}
