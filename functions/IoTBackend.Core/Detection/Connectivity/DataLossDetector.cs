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

    /// <summary>When the latest episode was raised; negative where it is over.</summary>
    private long _raisedAt;

    /// <summary>Losses already told by earlier alerts.</summary>
    public long Told;
    private ushort _isHeavy;

    /// <summary>Messages since the latest loss, capped.</summary>
    public ushort Calm;

    /// <summary>What the alert of the latest episode says was lost up to its end.</summary>
    public uint EndedLost;

    /// <summary>When the latest episode ended, or what was lost since was last added to its alert.</summary>
    public long AddedAt;

    /// <summary>Messages received until <see cref="Told"/> was set.</summary>
    public long ToldReceived;

    /// <summary>Of <see cref="Untold"/> and <see cref="UntoldDue"/>, what has been added to that alert since.</summary>
    public uint Added;
    public uint AddedDue;

    /// <summary>When the open episode was raised; 0 = none is open.</summary>
    public readonly long RaisedAt => Math.Max(_raisedAt, 0);

    /// <summary>When the latest episode that is over was raised; 0 = none, or one is open.</summary>
    public readonly long EndedRaisedAt => Math.Max(-_raisedAt, 0);

    /// <summary>The latest episode, open or over, came to the share that is worth a warning.</summary>
    public bool IsHeavy
    {
        readonly get => _isHeavy != 0;
        set => _isHeavy = value ? (ushort)1 : (ushort)0;
    }

    /// <summary>Losses since the latest episode ended.</summary>
    public readonly long Untold => Counter.Lost - Told;

    /// <summary>Messages due in which <see cref="Untold"/> were lost.</summary>
    public readonly long UntoldDue => Math.Max(Untold + Counter.Received - ToldReceived, 1);

    /// <summary>A new episode: what was added to the alert of the one before is told.</summary>
    public void Begin(long now, bool isHeavy)
    {
        (_raisedAt, IsHeavy) = (now, isHeavy);
        (Told, ToldReceived) = (Told + Added, ToldReceived + AddedDue - Added);
        (Added, AddedDue) = (0, 0);
    }

    /// <summary>What was lost since the latest episode ended is told.</summary>
    public void Add(long now) => (Added, AddedDue, AddedAt) = (Bounded(Untold), Bounded(UntoldDue), now);

    /// <summary>The episode is over; what is lost from now on is counted anew.</summary>
    public void End(long now)
    {
        (_raisedAt, EndedLost, AddedAt) = (-RaisedAt, Bounded(Untold), now);
        (Told, ToldReceived) = (Counter.Lost, Counter.Received);
    }

    private static uint Bounded(long count) => (uint)Math.Clamp(count, 0, uint.MaxValue);

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

    /// <summary>An episode of information ends after so many messages of which none was lost.</summary>
    private const int CalmMessages = 50;

    /// <summary>What a device goes on losing is added to the alert of its latest episode once a day, which is news to nobody, for so long after that was raised.</summary>
    private const long AddEvery = 86_400_000;
    private const long AddedFor = 30 * AddEvery;

    public static void Observe(DetectionPolicy policy, ref LossState loss, long lost, bool afterSilence, long now, List<Signal> signals)
    {
        loss.ShareWithSilences = Fade(loss.ShareWithSilences, Math.Clamp(lost, 0, afterSilence ? MostOfSilence : 1000), Math.Min(loss.Due + 1, Window));
        if (!afterSilence)
            Count(ref loss, Math.Clamp(lost, 0, 1000));
        var remembered = loss.UsualShare * loss.Due;
        var isHeavy = loss.Due >= FewestDue && loss.Share >= policy.DataLossShare;
        loss.Calm = lost > 0 ? (ushort)0 : (ushort)Math.Min(loss.Calm + 1, CalmMessages);
        if (loss.RaisedAt == 0)
        {
            if (isHeavy || (lost > 0 && remembered >= 0.75f * FewestLost && loss.Untold >= FewestLost && (Rare * loss.Untold >= loss.UntoldDue || loss.Share >= Several) && IsNews(policy, in loss, now)))
            {
                loss.Begin(now, isHeavy);
                signals.Add(Said(in loss, AlertChange.Opened, now));
            }
            else if (now - loss.AddedAt >= AddEvery && ToAdd(in loss, now) > 0)
            {
                loss.Add(now);
                signals.Add(Added(in loss, now));
            }
        }
        else if (loss.IsHeavy ? loss.Share < policy.DataLossShare / 2 : loss.Calm >= CalmMessages)
        {
            signals.Add(Said(in loss, AlertChange.Cleared, now));
            loss.End(now);
        }
        else if (isHeavy && !loss.IsHeavy)
        {
            loss.IsHeavy = true;
            signals.Add(Said(in loss, AlertChange.Revised, now));
        }
    }

    /// <summary>Losses that the alert of the latest episode, over or not, has still to say.</summary>
    public static long ToAdd(in LossState loss, long now) =>
        loss.RaisedAt == 0 && now - loss.EndedRaisedAt >= AddedFor ? 0 : loss.Untold - loss.Added;

    private static bool IsNews(DetectionPolicy policy, in LossState loss, long now) => now - loss.AddedAt >= AddEvery
        && (loss.Untold >= loss.Told || (loss.Untold >= loss.Told / ToldPart && loss.Share >= Several) || loss.Share >= policy.DataLossShare / 2);

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

    private static Signal Added(in LossState loss, long now) => Say.Signal(
        AlertKind.DeviceDataLoss,
        AlertChange.Cleared,
        loss.IsHeavy ? Severity.Warning : Severity.Information,
        loss.EndedRaisedAt,
        now,
        $"{loss.EndedLost + loss.Untold} messages were lost, {loss.Untold} of them among {loss.UntoldDue} since it ended.",
        null,
        new() { ["lost"] = loss.EndedLost + loss.Untold, ["lostSince"] = loss.Untold, ["dueSince"] = loss.UntoldDue, ["recentShare"] = Math.Round(loss.Share, 3) });

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
