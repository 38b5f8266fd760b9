using System.Collections.Concurrent;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Routing;

/// <summary>Does what became due by time: an alert nobody acknowledged climbs its chain, a mute or quiet hours end.</summary>
public sealed class RunDue(
    IDueStore due, IAlertStore alerts, IEscalationStore escalations, TellAlert tell, DispatchAlert dispatch, EndMute endMute, TimeProvider time)
{
    private const int SideBySide = 8;
    private const int MaxAtOnce = 500;
    private const int MaxAttempts = 8;

    /// <summary>Runs come once a minute: after so long the rest is the next one's.</summary>
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(40);

    /// <summary>Everything that is due.</summary>
    /// <exception cref="Exception">What failed with one, or with several an <see cref="AggregateException"/>. It stays due; the others did not wait for it.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var failures = new Failures();
        int found;
        do
        {
            var page = await due.ListAsync(time.GetUtcNow(), MaxAtOnce, cancellationToken);
            found = page.Count;
            // Mutes first: there are few, and each keeps many alerts.
            foreach (var end in page.Where(one => one.Mute is not null))
                await failures.TryAsync(() => RunAsync(end, cancellationToken), cancellationToken);
            var left = new ConcurrentQueue<Due>(page.Where(one => one.Mute is null));
            await Task.WhenAll(Enumerable.Range(0, SideBySide).Select(_ => WorkAsync()));

            async Task WorkAsync()
            {
                while (left.TryDequeue(out var one))
                    await failures.TryAsync(() => RunAsync(one, cancellationToken), cancellationToken);
            }
        }
        while (found == MaxAtOnce && failures.IsEmpty && time.GetElapsedTime(began) < LongEnough);

        failures.ThrowIfAny();
    }

    private async Task RunAsync(Due one, CancellationToken cancellationToken)
    {
        if (one.Mute is { } mute)
            await endMute.RunAsync(mute, cancellationToken);
        else if (one.Step == Due.Quiet)
            await EndAttackAsync(one.AlertId, cancellationToken);
        else
            await EscalateAsync(one, cancellationToken);
        // Last: who dies before does it again, under the same ids.
        await due.RemoveAsync(one, cancellationToken);
    }

    private async Task EndAttackAsync(string alertId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (await alerts.FindAsync(alertId, cancellationToken) is { Alert: { ClearedAt: null } alert } && now - alert.SaidAt >= AuthenticationFailures.Quiet)
            await dispatch.RunAsync(
                alert.Step(AlertChange.Cleared, $"No more failed authentications for {AuthenticationFailures.Quiet.TotalMinutes:0} min.", now), cancellationToken);
    }

    private async Task EscalateAsync(Due step, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await alerts.FindAsync(step.AlertId, cancellationToken) is not { Alert: { State: AlertState.Open, MutedBy: null, Escalation: { } name } alert } stored
                || await escalations.FindAsync(name, cancellationToken) is not { } chain || chain[step.Step] is not { } now)
                return;
            var note = $"Nobody acknowledged it {Words.Duration(time.GetUtcNow() - alert.RaisedAt)} after it was raised.";
            var next = TellAlert.Owe(alert, [.. (now.Channels ?? []).Select(c => new Owed(c, $"step {step.Step}", Escalated: true, note))]);
            if (!await alerts.TrySaveAsync(stored with { Alert = next }, cancellationToken))
                continue;
            await tell.SettleAsync(alert.Id, traceParent: null, cancellationToken);
            if (chain[step.Step + 1] is { } then)
                await due.AddAsync(new(Base(step) + then.After, alert.Id, step.Step + 1), cancellationToken);
            return;
        }

        throw new ConflictException("the alert");
    }

    /// <summary>The plan, so that a repetition plans the same; after a standstill from now, so that nobody is told of all steps at once.</summary>
    private DateTimeOffset Base(Due step) => time.GetUtcNow() - step.At < TimeSpan.FromMinutes(1) ? step.At : time.GetUtcNow();
}

/// <summary>Ends a mute, by time or by an operator: what it kept quiet and still stands is told.</summary>
public sealed class EndMute(IMuteStore mutes, IAlertStore alerts, IChannelStore channels, TellAlert tell, CallLanes calls, IDueStore due, TimeProvider time)
{
    private const int MaxAttempts = 8;

    /// <summary>To be called when a mute was set or changed: plans its end.</summary>
    public async Task PlanAsync(Mute mute, CancellationToken cancellationToken)
    {
        if (End(mute) is { } end)
            await due.AddAsync(new(end, "", 0, mute.Name), cancellationToken);
    }

    public async Task RunAsync(string name, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var mute = await mutes.FindAsync(name, cancellationToken);
        await foreach (var alert in alerts.ListOpenAsync(cancellationToken))
        {
            if (alert.MutedBy == name && mute?.Matches(alert, now) != true)
                await UnmuteAsync(alert.Id, name, cancellationToken);
        }

        // What quiet hours kept is in the lanes.
        foreach (var channel in await channels.ListAsync(cancellationToken))
            await calls.RunAsync(new(channel.Name), cancellationToken);
        if (mute is not null)
            await PlanAsync(mute, cancellationToken);
    }

    /// <summary>To be called when a mute has just kept an alert: one that ended meanwhile had no such alert to tell.</summary>
    public async Task LookAgainAsync(Alert muted, CancellationToken cancellationToken)
    {
        if (muted.MutedBy is { } name && (await mutes.FindAsync(name, cancellationToken))?.Matches(muted, time.GetUtcNow()) != true)
            await UnmuteAsync(muted.Id, name, cancellationToken);
    }

    private async Task UnmuteAsync(string alertId, string mute, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await alerts.FindAsync(alertId, cancellationToken) is not { Alert: { ClearedAt: null } alert } stored)
                return;
            if (alert.MutedBy == mute)
            {
                var told = await tell.DecideAsync(alert with { MutedBy = null }, AlertNews.Opened, $"The mute '{mute}' has ended, and this still stands.", cancellationToken);
                if (told.MutedBy == mute)
                    return;
                if (!await alerts.TrySaveAsync(stored with { Alert = told }, cancellationToken))
                    continue;
            }

            await tell.SettleAsync(alertId, traceParent: null, cancellationToken);
            // Last: the list says that it is muted until it was told, so that who dies before finds it again.
            await alerts.ListOpenOrNotAsync(alertId, cancellationToken);
            return;
        }

        throw new ConflictException("the alert");
    }

    /// <summary>The next end; quiet hours have one a day.</summary>
    private DateTimeOffset? End(Mute mute)
    {
        var now = time.GetUtcNow();
        if (mute.Hours is null)
            return mute.Until > now ? mute.Until : null;
        for (var look = now; look < now + TimeSpan.FromDays(8); look += TimeSpan.FromMinutes(15))
        {
            if (mute.Hours.EndAfter(look) is { } end)
                return mute.Until is null || end <= mute.Until ? end : mute.Until > now ? mute.Until : null;
        }

        return null;
    }
}

/// <summary>Which quiet hours are over.</summary>
public sealed class QuietHours(IMuteStore mutes) : IQuietHours
{
    public async Task<IReadOnlySet<string>> EndedAsync(IEnumerable<string> names, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var active = (await mutes.ListAsync(cancellationToken)).Where(m => m.IsActive(now)).Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        return names.Where(n => !active.Contains(n)).ToHashSet(StringComparer.Ordinal);
    }
}
