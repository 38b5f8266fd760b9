using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;

namespace IoTBackend.Core.Alerts.Routing;

/// <summary>What is to be done from time to time: what is due, lanes whose process died, and what is past its retention.</summary>
public sealed class KeepAlerts(
    RunDue due, IChannelStore channels, ILaneStore lanes, ILaneCalls calls, ChannelSender sender, IAlertStore alerts, IUndelivered undelivered, TimeProvider time)
{
    /// <summary>A lane that nobody looked after for so long, though it was to be, is called for again.</summary>
    private static readonly TimeSpan Overdue = TimeSpan.FromSeconds(10);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await due.RunAsync(cancellationToken);
        }
        finally
        {
            await CallAsync(cancellationToken);
        }
    }

    private async Task CallAsync(CancellationToken cancellationToken)
    {
        foreach (var channel in await channels.ListAsync(cancellationToken))
        {
            var (now, lane) = (time.GetUtcNow(), (await lanes.ReadAsync(channel.Name, cancellationToken)).Lane);
            if (now < lane.HeldUntil || now < lane.RestsUntil + Overdue || now < lane.WaitsUntil + Overdue)
                continue;
            if (await lanes.IsWaitingAsync(channel.Name, now, cancellationToken) || ((sender.Forgetful(channel) is not null || lane.StandsForMany) && now >= lane.RepeatAt))
                await calls.EnqueueAsync(new(channel.Name), TimeSpan.Zero, cancellationToken);
        }
    }

    /// <summary>Removes what is older than the retention: alerts that are over, what was told of them, and what was given up.</summary>
    public async Task TrimAsync(TimeSpan retention, CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - retention;
        foreach (var channel in await channels.ListAsync(cancellationToken))
            await lanes.TrimAsync(channel.Name, before, cancellationToken);
        await undelivered.TrimAsync(before, cancellationToken);
        await alerts.TrimAsync(before, cancellationToken);
    }
}
