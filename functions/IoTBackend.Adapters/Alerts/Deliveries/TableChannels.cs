using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Shared;

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
        _channels.SaveAsync(channel.Name, Each(channel, secrets.Seal), cancellationToken);

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => _channels.DeleteAsync(name, cancellationToken);

    private Channel Opened(Channel channel) => Each(channel, secrets.Open);

    private static Channel Each(Channel channel, Func<string?, string, string?> change)
    {
        var owner = $"channel/{channel.Name}";
        var changed = channel with { Secret = change(channel.Secret, owner) };
        return changed is WebhookChannel webhook ? webhook with { PreviousSecret = change(webhook.PreviousSecret, owner) } : changed;
    }
}
