using IoTBackend.Core.Alerts.Episodes;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>Looks after one lane: tells its channel what is owed, in order, and settles what came of it.</summary>
public sealed class TellChannel(
    IChannelStore channels, ILaneStore lanes, ILaneCalls calls, IQuietHours quiet, IUndelivered undelivered, ChannelSender sender, IAlertStore alerts,
    IAlertLinks links, AlertsMeter meter, TimeProvider time)
{
    /// <summary>What is not delivered by then is given up.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(24);

    /// <summary>The longest rest after failures; a channel that is back waits at most so long.</summary>
    public static readonly TimeSpan MaxRest = TimeSpan.FromMinutes(5);

    /// <summary>The longest rest a receiver can ask for.</summary>
    public static readonly TimeSpan MaxAskedRest = TimeSpan.FromHours(1);

    /// <summary>How long a lane stays taken by a process that may have died.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan HeldPause = TimeSpan.FromSeconds(1);

    private const int MaxAlone = 200;

    private static readonly TimeSpan MaxRun = TimeSpan.FromSeconds(60);

    /// <summary>Notices in one message, at most; the rest is the next one's.</summary>
    public const int MostTogether = 5000;

    public int MaxRows { get; init; } = MostTogether;

    public async Task RunAsync(LaneCall call, CancellationToken cancellationToken)
    {
        if (await channels.FindAsync(call.Channel, cancellationToken) is not { } channel)
        {
            await lanes.ForgetAsync(call.Channel, cancellationToken);
            meter.Delivered("dropped", 1);
            return;
        }

        var stored = await lanes.ReadAsync(channel.Name, cancellationToken);
        var (lane, now) = (stored.Lane, time.GetUtcNow());
        // Its holder looks once more after it has let go; but not for what may go ahead of a storm's next message.
        if (now < lane.HeldUntil)
        {
            if (call.Urgent)
                await calls.EnqueueAsync(call, HeldPause, cancellationToken);
            return;
        }

        var until = now < lane.RestsUntil ? lane.RestsUntil
            : now < lane.WaitsUntil && !(call.Urgent && lane.Flow.HasRoomForCritical(now)) ? lane.WaitsUntil
            : now;
        if (until > now)
            await LookAgainAsync(stored, until, cancellationToken);
        else if (await lanes.TrySaveAsync(stored with { Lane = lane with { HeldUntil = now + Lease } }, cancellationToken) is { } taken)
            await HoldAsync(channel, taken, cancellationToken);
    }

    private async Task HoldAsync(Channel channel, StoredLane held, CancellationToken cancellationToken)
    {
        DateTimeOffset? next;
        var started = time.GetTimestamp();
        do
        {
            (var after, next) = await TurnAsync(channel, held, cancellationToken);
            if (after is null)
                return;
            held = after;
        }
        while (next is null && time.GetElapsedTime(started) < MaxRun);

        var now = time.GetUtcNow();
        next ??= now;
        if (next < DateTimeOffset.MaxValue)
            await calls.EnqueueAsync(new(channel.Name), next.Value - now, cancellationToken);
        var free = held.Lane with { HeldUntil = now, NextLook = next < DateTimeOffset.MaxValue ? next.Value : now, WaitsUntil = next < DateTimeOffset.MaxValue && held.Lane.RestsUntil <= now ? next.Value : now };
        if (await lanes.TrySaveAsync(held with { Lane = free }, cancellationToken) is not null
            // Whoever came while the lane was held went away again.
            && next == DateTimeOffset.MaxValue && await lanes.IsWaitingAsync(channel.Name, now, cancellationToken))
            await calls.EnqueueAsync(new(channel.Name), TimeSpan.Zero, cancellationToken);
    }

    /// <returns>The lane after one message, null when it was lost to another process; and when to go on: null = at once, the end of time = when called.</returns>
    private async Task<(StoredLane? Lane, DateTimeOffset? Next)> TurnAsync(Channel channel, StoredLane held, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var lane = await KeepOpenAsync(channel, held.Lane, now, cancellationToken);
        if (lane.RestsUntil > now)
            return (held with { Lane = lane }, lane.RestsUntil);

        var look = lane.Begun is { } begun
            ? await LaneLook.AgainAsync(lanes, quiet, channel.Name, begun, now, cancellationToken)
            : await LaneLook.AtAsync(lanes, quiet, channel.Name, MaxRows, now, cancellationToken);
        var plan = lane.Begun is null ? Plan(lane, look, now) : new(lane.Flow, [.. look.Due.Order(LaneNotice.WorstFirst)], null);
        if (plan.Notices.Count == 0)
        {
            if (lane.Begun is not null)
                return (held with { Lane = lane with { Begun = null } }, null);
            return (held with { Lane = lane }, plan.Until is { } planned && planned < look.Later ? planned : look.Later);
        }

        // A message that was begun keeps its content: what its id says.
        if (plan.Notices is [var only] && await AsItIsNowAsync(only.Notice, cancellationToken) is var current && (lane.Begun is null || lane.Begun.Id == current.IdFor(channel.Name)))
            plan = plan with { Notices = [only with { Notice = current }] };
        lane = lane with { Begun = lane.Begun ?? Begin(channel, plan.Notices, now), Flow = plan.Flow, HeldUntil = now + Lease };
        if (await lanes.TrySaveAsync(held with { Lane = lane }, cancellationToken) is not { } kept)
            return (null, null);
        lane = await SendAsync(channel, lane, lane.Begun, plan.Notices, cancellationToken);
        return (kept with { Lane = lane }, lane.RestsUntil > time.GetUtcNow() ? lane.RestsUntil : null);
    }

    /// <summary>
    /// Who put it there may have stood still in between, while another told of the alert's end: an alert that is over does not begin again,
    /// at worst its end is told twice, with one id.
    /// </summary>
    private async Task<Notice> AsItIsNowAsync(Notice notice, CancellationToken cancellationToken) =>
        notice.Type is NoticeType.Opened or NoticeType.Escalated
        && await alerts.FindAsync(notice.Alert.Id, cancellationToken) is { Alert: { ClearedAt: { } cleared } alert }
            ? notice with { Type = NoticeType.Cleared, Alert = alert, At = cleared, Occurrence = "", Note = null }
            : notice;

    private static LanePlan Plan(Lane lane, LaneLook look, DateTimeOffset now)
    {
        // What became an incident of its own ends as one, and rings nobody's phone.
        if (look.Due.FirstOrDefault(n => n.Notice.Type is NoticeType.Cleared or NoticeType.Acknowledged && lane.Alone.Contains(n.Notice.Alert.Id)) is { } end)
            return new(lane.Flow, [end], null);
        var plan = lane.Flow.Plan([.. look.Due, .. look.Urgent], now);
        return plan.Notices.Count > 1 && look.Urgent.Count > 0 ? plan with { Notices = [.. plan.Notices.Except(look.Urgent)] } : plan;
    }

    private async Task<Lane> SendAsync(Channel channel, Lane lane, Begun begun, IReadOnlyList<LaneNotice> notices, CancellationToken cancellationToken)
    {
        var first = notices[0].Notice;
        var message = new Message(begun.Id, [.. notices.Select(n => n.Notice)], links, begun.Note, IsOfMany: begun.AlertId is null);
        using var activity = AlertTracing.Deliver(message, channel);
        var started = time.GetTimestamp();
        var outcome = await sender.SendAsync(channel, message, cancellationToken);
        meter.Attempted(time.GetElapsedTime(started));
        AlertTracing.End(activity, outcome);

        var now = time.GetUtcNow();
        lane = lane with { LastAnswer = outcome.Reason, LastAttemptAt = now };
        var telling = new Telling(channel.Name, first.Type, now, outcome.Delivered, outcome.Reason, message.Id, notices.Count);
        if (outcome.Delivered)
        {
            await lanes.SettleAsync(channel.Name, notices, telling, cancellationToken);
            meter.Delivered("delivered", notices.Count);
            return Remembering(channel, lane, message) with { Begun = null, Failures = 0, RestsUntil = now };
        }

        // Given up: what can never be delivered, and what was tried for a day.
        var lost = outcome.IsFinal ? notices : [.. notices.Where(n => now - n.Notice.Since >= GiveUpAfter)];
        if (lost.Count > 0)
        {
            await undelivered.AddAsync([.. lost.Select(n => new Undelivered(channel.Name, n.Notice, outcome.Reason, now))], cancellationToken);
            await lanes.SettleAsync(channel.Name, lost, telling, cancellationToken);
            meter.Delivered("dead_lettered", lost.Count);
        }

        meter.Delivered("retried", notices.Count - lost.Count);
        if (outcome.IsFinal)
            return lane with { Begun = null };
        if (outcome.IsRefusal && notices.Count == 1 && lost.Count == 0)
        {
            // It is this message that the receiver does not like: the others need not wait for it.
            var again = first with { Attempts = first.Attempts + 1, NotBefore = now + Pause(first.Attempts) };
            await lanes.PutBackAsync(channel.Name, notices[0] with { Notice = again }, cancellationToken);
            return lane with { Begun = null };
        }

        return Failed(lost.Count == notices.Count ? lane with { Begun = null } : lane, outcome, now);
    }

    private Lane Remembering(Channel channel, Lane lane, Message message)
    {
        if (sender.Incidents(channel) is null)
            return lane;
        if (message.Alone is not { } notice)
            return lane with { StandsForMany = lane.StandsForMany || message.Notices.Any(n => n.Type != NoticeType.Cleared) };
        var others = lane.Alone.Where(id => id != notice.Alert.Id);
        return lane with { Alone = notice.Type == NoticeType.Cleared ? [.. others] : [.. others.TakeLast(MaxAlone - 1), notice.Alert.Id] };
    }

    private static Lane Failed(Lane lane, DeliveryOutcome outcome, DateTimeOffset now)
    {
        var pause = Pause(lane.Failures);
        var asked = outcome.RetryAfter < MaxAskedRest ? outcome.RetryAfter.Value : outcome.RetryAfter is null ? TimeSpan.Zero : MaxAskedRest;
        return lane with { Failures = lane.Failures + 1, RestsUntil = now + (asked > pause ? asked : pause), LastAnswer = outcome.Reason, LastAttemptAt = now };
    }

    /// <summary>2 s after the first failure, doubled by each that follows.</summary>
    internal static TimeSpan Pause(int failuresBefore)
    {
        var seconds = Math.Min(MaxRest.TotalSeconds, 2 * Math.Pow(2, Math.Min(failuresBefore, 10)));
        return TimeSpan.FromSeconds(seconds);
    }

    private static Begun Begin(Channel channel, IReadOnlyList<LaneNotice> notices, DateTimeOffset now)
    {
        var (first, until) = (notices[0].Notice, notices.Max(n => n.StoredAt));
        if (notices.Count == 1)
            return new(first.IdFor(channel.Name), first.Alert.Id, until, now, first.HeldBy is null ? null : Quiet(notices));
        return new(Notice.HashId($"{channel.Name}\nmany\n{until.UtcTicks}\n{notices.Count}\n{first.Alert.Id}"), null, until, now, Quiet(notices), notices.Select(n => n.Position).Max(StringComparer.Ordinal));
    }

    private static string? Quiet(IReadOnlyList<LaneNotice> notices)
    {
        var hours = notices.Select(n => n.Notice.HeldBy).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList();
        return hours.Count == 0 ? null : $"What happened in the quiet hours {string.Join(", ", hours)}.";
    }

    /// <summary>Receivers that keep a list of what is open: those that forget are told again, and what stood for many ends with the last of them.</summary>
    private async Task<Lane> KeepOpenAsync(Channel channel, Lane lane, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (forgetful, incidents) = (sender.Forgetful(channel), lane.StandsForMany ? sender.Incidents(channel) : null);
        if (now < lane.RepeatAt || (forgetful is null && incidents is null))
            return lane;
        // It is about to be told what is new.
        if (lane.RepeatAt == default)
            return lane with { RepeatAt = now + IForgetfulChannel.RepeatEvery };
        var open = new List<Alert>();
        await foreach (var alert in alerts.ListOpenAsync(cancellationToken))
        {
            if (alert.MutedBy is null && (alert.Channels?.Contains(channel.Name) ?? channel.Wants(alert)))
                open.Add(alert);
        }

        var outcome = forgetful is not null && open.Count > 0 ? await forgetful.RepeatAsync(channel, open, cancellationToken)
            : incidents is not null && open.All(a => lane.Alone.Contains(a.Id)) ? await incidents.EndManyAsync(channel, cancellationToken)
            : null;
        if (outcome is { Delivered: false, IsFinal: false })
            return Failed(lane, outcome, now);
        return lane with { RepeatAt = now + IForgetfulChannel.RepeatEvery, StandsForMany = lane.StandsForMany && (incidents is null || outcome is null) };
    }

    private async Task LookAgainAsync(StoredLane stored, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (stored.Lane.NextLook > now && stored.Lane.NextLook <= at)
            return;
        await calls.EnqueueAsync(new(stored.Lane.Channel), at - now, cancellationToken);
        await lanes.TrySaveAsync(stored with { Lane = stored.Lane with { NextLook = at } }, cancellationToken);
    }
}
