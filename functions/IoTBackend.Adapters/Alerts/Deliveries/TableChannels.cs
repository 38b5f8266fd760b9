using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Adapters.Alerts.Deliveries;

/// <summary>Channels; some dozens. Table <c>Channels</c>: partition <c>channel</c>, row = name, <c>Document</c> = the <see cref="Channel"/>, its secret sealed.</summary>
public sealed class TableChannels(TableServiceClient tables, SealedSecrets secrets) : IChannelStore
{
    private readonly NamedDocuments<Channel> _channels = new(tables.GetTableClient(TableNames.Channels), "channel");

    public async Task<Channel?> FindAsync(string name, CancellationToken cancellationToken) =>
        await _channels.FindAsync(name, cancellationToken) is { } channel ? Opened(channel) : null;

    public async Task<IReadOnlyList<Channel>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await _channels.ListAsync(cancellationToken)).Select(Opened)];

    public Task SaveAsync(Channel channel, CancellationToken cancellationToken) =>
        _channels.SaveAsync(channel.Name, channel with { Secret = secrets.Seal(channel.Secret, Owner(channel)) }, cancellationToken);

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => _channels.DeleteAsync(name, cancellationToken);

    private Channel Opened(Channel channel) => channel with { Secret = secrets.Open(channel.Secret, Owner(channel)) };

    private static string Owner(Channel channel) => $"channel/{channel.Name}";
}

/// <summary>Silences. Table <c>Silences</c>: partition <c>silence</c>, row = name, <c>Document</c> = the <see cref="Silence"/>.</summary>
public sealed class TableSilences(TableServiceClient tables) : ISilenceStore
{
    private readonly NamedDocuments<Silence> _silences = new(tables.GetTableClient(TableNames.Silences), "silence");

    public Task<Silence?> FindAsync(string name, CancellationToken cancellationToken) => _silences.FindAsync(name, cancellationToken);

    public Task<IReadOnlyList<Silence>> ListAsync(CancellationToken cancellationToken) => _silences.ListAsync(cancellationToken);

    public Task SaveAsync(Silence silence, CancellationToken cancellationToken) => _silences.SaveAsync(silence.Name, silence, cancellationToken);

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => _silences.DeleteAsync(name, cancellationToken);
}

/// <summary>Given-up deliveries. Table <c>DeadDeliveries</c>: partition <c>delivery</c>, row = delivery id, <c>Document</c> = the <see cref="DeadDelivery"/>.</summary>
public sealed class TableDeadDeliveries(TableServiceClient tables) : IDeadDeliveries
{
    private readonly NamedDocuments<DeadDelivery> _dead = new(tables.GetTableClient(TableNames.DeadDeliveries), "delivery");

    public Task AddAsync(DeadDelivery dead, CancellationToken cancellationToken) => _dead.SaveAsync(dead.Delivery.Id, dead, cancellationToken);

    public async Task<IReadOnlyList<DeadDelivery>> ListAsync(int top, CancellationToken cancellationToken) => await _dead.ListAsync(cancellationToken, top);

    public Task<DeadDelivery?> FindAsync(string deliveryId, CancellationToken cancellationToken) => _dead.FindAsync(deliveryId, cancellationToken);

    public Task RemoveAsync(string deliveryId, CancellationToken cancellationToken) => _dead.DeleteAsync(deliveryId, cancellationToken);
}
