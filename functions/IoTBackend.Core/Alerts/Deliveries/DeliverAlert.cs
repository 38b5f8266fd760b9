using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>Makes one attempt at one delivery, and sees to it that another follows or that the operator finds it among the dead letters.</summary>
public sealed class DeliverAlert(
    IChannelStore channels, IChannelSender sender, IDeliveryQueue queue, IDeadDeliveries dead, ChannelTraffic traffic, AlertsMeter meter, TimeProvider time)
{
    public async Task RunAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        if (await channels.FindAsync(delivery.Channel, cancellationToken) is not { } channel)
        {
            meter.Delivered("dropped");
            return;
        }

        if (await traffic.EnterAsync(channel.Name, cancellationToken) is var wait && wait > TimeSpan.Zero)
        {
            await PostponeAsync(delivery, wait, cancellationToken);
            return;
        }

        using var activity = AlertTracing.Deliver(delivery, channel);
        var outcome = new DeliveryOutcome(Delivered: false, "The attempt was cut off.");
        try
        {
            var started = time.GetTimestamp();
            outcome = await sender.SendAsync(channel, delivery, cancellationToken);
            meter.Attempted(time.GetElapsedTime(started));
        }
        finally
        {
            traffic.Leave(channel.Name, outcome.Delivered);
            AlertTracing.End(activity, outcome);
        }

        if (outcome.Delivered)
            meter.Delivered("delivered");
        else
            await FailAsync(delivery with { Attempts = delivery.Attempts + 1 }, outcome, cancellationToken);
    }

    private async Task FailAsync(Delivery delivery, DeliveryOutcome outcome, CancellationToken cancellationToken)
    {
        var age = time.GetUtcNow() - delivery.Since;
        if (outcome.IsFinal || DeliverySchedule.PauseAfter(delivery.Attempts, age, outcome.RetryAfter, Random.Shared.NextDouble()) is not { } pause)
        {
            await BuryAsync(delivery, outcome.Reason, cancellationToken);
            return;
        }

        await queue.EnqueueAsync(delivery, pause, cancellationToken);
        meter.Delivered("retried");
    }

    /// <summary>No attempt is counted; but a day spent waiting for a channel that fails is a day.</summary>
    private async Task PostponeAsync(Delivery delivery, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (time.GetUtcNow() - delivery.Since > DeliverySchedule.GiveUpAfter + ChannelTraffic.MaxRest)
        {
            await BuryAsync(delivery, "The channel took nothing for a day.", cancellationToken);
            return;
        }

        await queue.EnqueueAsync(delivery, wait * (1 + (0.5 * Random.Shared.NextDouble())), cancellationToken);
        meter.Delivered("postponed");
    }

    private async Task BuryAsync(Delivery delivery, string reason, CancellationToken cancellationToken)
    {
        await dead.AddAsync(new(delivery, reason, time.GetUtcNow()), cancellationToken);
        meter.Delivered("dead_lettered");
    }
}
