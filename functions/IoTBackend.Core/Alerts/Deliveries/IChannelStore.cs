namespace IoTBackend.Core.Alerts.Deliveries;

public interface IChannelStore
{
    Task<Channel?> FindAsync(string name, CancellationToken cancellationToken);

    Task<IReadOnlyList<Channel>> ListAsync(CancellationToken cancellationToken);

    Task SaveAsync(Channel channel, CancellationToken cancellationToken);

    /// <summary>False = there was none.</summary>
    Task<bool> DeleteAsync(string name, CancellationToken cancellationToken);
}
