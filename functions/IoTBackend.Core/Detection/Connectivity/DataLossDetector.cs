using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>Share of messages lost of late by the device's counter, and the alert about it. Silences are left to their own alert.</summary>
internal struct LossState
{
    public SequenceCounter Counter;

    /// <summary>Fading share of lost messages over about <see cref="DataLossDetector.Window"/> messages due.</summary>
    public float Share;

    /// <summary>The same with the silences of a device that went on sending, each counted as at most <see cref="DataLossDetector.MostOfSilence"/> messages.</summary>
    public float ShareWithSilences;

    /// <summary>The same over a much longer time: what is usual for this device.</summary>
    public float UsualShare;

    /// <summary>Messages due since the device is known, capped.</summary>
    public float Due;
    public long RaisedAt;

    /// <summary>Losses already told by earlier alerts.</summary>
    public long Told;
    private int _isHeavy;

    /// <summary>Messages since the latest loss, capped.</summary>
    public int Calm;

    /// <summary>When the latest loss was seen.</summary>
    public long LostAt;

    /// <summary>Messages received until <see cref="Told"/> was set.</summary>
    public long ToldReceived;

    /// <summary>The open episode has come to the share that is worth a warning.</summary>
    public bool IsHeavy
    {
        readonly get => _isHeavy != 0;
        set => _isHeavy = value ? 1 : 0;
    }

    /// <summary>Losses that no closed episode has told.</summary>
    public readonly long Untold => Counter.Lost - Told;

    /// <summary>Messages due in which <see cref="Untold"/> were lost.</summary>
    public readonly long UntoldDue => Math.Max(Untold + Counter.Received - ToldReceived, 1);

    /// <summary>
    /// Median time between two messages that arrive, as the counter has it: ln 2 of the mean, for runs of losses are as good as
    /// exponential. Follows a link that gets worse sooner than the median of what arrived. 0 = not known.
    /// </summary>
    public readonly double MedianSecondsBetweenArrivals => Due < 20 ? 0 : Math.Log(2) * Counter.SecondsPerMessage / (1 - Math.Min(ShareWithSilences, 0.99));
}

internal static class DataLossDetector
{
    /// <summary>Messages due over which the share is taken.</summary>
    public const int Window = 100;

    /// <summary>A silence may be an outage, which says nothing about the link, or a link that got worse: it counts in part.</summary>
    public const int MostOfSilence = 20;

    private const int LongWindow = 3000;
    private const int FewestDue = 40;

    /// <summary>
    /// An episode begins with so many losses that no episode has told, most of which the long memory still holds, or, where more were told, with as
    /// many again, a part of them where several were lost of late: what is usual for a device is told ever more seldom.
    /// </summary>
    private const int FewestLost = 4;

    /// <summary>Fewer than one in so many is no episode, unless several were lost of late.</summary>
    private const int Rare = 250;
    private const int ToldPart = 4;
    private const float Several = 0.02f;

    /// <summary>An episode of information ends after a day, and so many messages, of which none was lost.</summary>
    private const int CalmMessages = 50;
    private const long CalmMilliseconds = 86_400_000;

    public static void Observe(DetectionPolicy policy, ref LossState loss, long lost, bool afterSilence, long now, List<Signal> signals)
    {
        loss.ShareWithSilences = Fade(loss.ShareWithSilences, Math.Clamp(lost, 0, afterSilence ? MostOfSilence : 1000), Math.Min(loss.Due + 1, Window));
        if (!afterSilence)
            Count(ref loss, Math.Clamp(lost, 0, 1000));
        var remembered = loss.UsualShare * loss.Due;
        var isHeavy = loss.Due >= FewestDue && loss.Share >= policy.DataLossShare;
        (loss.Calm, loss.LostAt) = lost > 0 ? (0, now) : (Math.Min(loss.Calm + 1, 1_000_000), loss.LostAt);
        if (loss.RaisedAt == 0)
        {
            if (isHeavy || (lost > 0 && remembered >= 0.75f * FewestLost && loss.Untold >= FewestLost && (Rare * loss.Untold >= loss.UntoldDue || loss.Share >= Several) && IsNews(policy, in loss)))
            {
                (loss.RaisedAt, loss.IsHeavy) = (now, isHeavy);
                signals.Add(Said(in loss, AlertChange.Opened, now));
            }
        }
        else if (loss.IsHeavy ? loss.Share < policy.DataLossShare / 2 : loss.Calm >= CalmMessages && now - loss.LostAt >= CalmMilliseconds)
        {
            signals.Add(Said(in loss, AlertChange.Cleared, now));
            (loss.RaisedAt, loss.IsHeavy, loss.Told, loss.ToldReceived) = (0, false, loss.Counter.Lost, loss.Counter.Received);
        }
        else if (isHeavy && !loss.IsHeavy)
        {
            loss.IsHeavy = true;
            signals.Add(Said(in loss, AlertChange.Revised, now));
        }
    }

    private static bool IsNews(DetectionPolicy policy, in LossState loss) =>
        loss.Untold >= loss.Told || (loss.Untold >= loss.Told / ToldPart && loss.Share >= Several) || loss.Share >= policy.DataLossShare / 2;

    private static Signal Said(in LossState loss, AlertChange change, long now) => Say.Signal(
        AlertKind.DeviceDataLoss,
        change,
        loss.IsHeavy ? Severity.Warning : Severity.Information,
        loss.RaisedAt,
        now,
        change == AlertChange.Cleared ? $"{loss.Untold} of {loss.UntoldDue} messages were lost; of the latest {DataLossDetector.Window} {Say.Share(loss.Share)} are missing."
            : loss.IsHeavy ? $"Of the latest {DataLossDetector.Window} messages {Say.Share(loss.Share)} are missing." : $"{loss.Untold} of {loss.UntoldDue} messages were lost.",
        null,
        new() { ["lost"] = loss.Untold, ["due"] = loss.UntoldDue, ["recentShare"] = Math.Round(loss.Share, 3) });

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
