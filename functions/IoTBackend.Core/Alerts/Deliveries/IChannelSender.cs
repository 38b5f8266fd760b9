namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>How one attempt ended.</summary>
/// <param name="Delivered">The receiver took it.</param>
/// <param name="Reason">What the receiver or the network said, for operators; never a part of the answer's body.</param>
/// <param name="IsFinal">Trying again is of no use: the receiver is gone for good, or the target is not allowed.</param>
/// <param name="RetryAfter">What the receiver asked for.</param>
public sealed record DeliveryOutcome(bool Delivered, string Reason, bool IsFinal = false, TimeSpan? RetryAfter = null);

/// <summary>Speaks a channel's language to the outside.</summary>
public interface IChannelSender
{
    /// <summary>Never throws for what the receiver or the network does; takes <see cref="Timeout"/> at most.</summary>
    Task<DeliveryOutcome> SendAsync(Channel channel, Delivery delivery, CancellationToken cancellationToken);

    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
}
