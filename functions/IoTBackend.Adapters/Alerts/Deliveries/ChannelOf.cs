using IoTBackend.Core.Alerts.Deliveries;

namespace IoTBackend.Adapters.Alerts.Deliveries;

/// <summary>A channel kind with the settings it understands.</summary>
public abstract class ChannelOf<TSettings> : IChannel
    where TSettings : Channel
{
    public Type Settings => typeof(TSettings);

    public Task<DeliveryOutcome> SendAsync(Channel channel, Message message, CancellationToken cancellationToken) =>
        SendAsync((TSettings)channel, message, cancellationToken);

    protected abstract Task<DeliveryOutcome> SendAsync(TSettings channel, Message message, CancellationToken cancellationToken);
}
