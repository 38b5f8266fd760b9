using IoTBackend.Core.Alerts;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace Core.Tests.Alerts;

internal sealed class FakeAlerts : IAlertStore
{
    private readonly Dictionary<string, StoredAlert> _alerts = [];
    private readonly Dictionary<string, Alert> _open = [];

    public bool FailNextSave { get; set; }

    public bool OthersAreFaster { get; set; }

    public Task<StoredAlert?> FindAsync(string alertId, CancellationToken cancellationToken) => Task.FromResult(_alerts.GetValueOrDefault(alertId));

    public Task<bool> TrySaveAsync(StoredAlert alert, CancellationToken cancellationToken)
    {
        if (FailNextSave)
        {
            FailNextSave = false;
            throw new UnavailableException("test");
        }

        if (OthersAreFaster || _alerts.GetValueOrDefault(alert.Alert.Id)?.Version != alert.Version)
            return Task.FromResult(false);
        _alerts[alert.Alert.Id] = alert with { Version = Guid.NewGuid().ToString() };
        return Task.FromResult(true);
    }

    public Task ListOpenOrNotAsync(string alertId, CancellationToken cancellationToken)
    {
        _open.Remove(alertId);
        if (_alerts[alertId].Alert is { State: not AlertState.Cleared } alert)
            _open[alertId] = alert;
        return Task.CompletedTask;
    }

    public Task<AlertPage> ListAsync(AlertQuery query, CancellationToken cancellationToken)
    {
        Alert[] found = [.. _alerts.Values.Select(a => a.Alert)
            .Where(query.Fits).OrderByDescending(a => a.RaisedAt).SkipWhile(a => query.After is not null && a.Id != query.After).Skip(query.After is null ? 0 : 1)];
        return Task.FromResult(new AlertPage([.. found.Take(query.Top)], found.Length > query.Top ? found[query.Top - 1].Id : null));
    }

    public Task<IReadOnlyList<Alert>> ListOpenAsync(string deviceId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Alert>>([.. _open.Values.Where(a => a.DeviceId == deviceId)]);

    public IAsyncEnumerable<Alert> ListOpenAsync(CancellationToken cancellationToken) => _open.Values.ToArray().ToAsyncEnumerable();
}

internal sealed class FakeChannels : IChannelStore
{
    private readonly Dictionary<string, Channel> _channels = [];

    public void Add(string name, Func<Channel, Channel>? change = null)
    {
        var channel = new Channel { Name = name, Type = ChannelType.Webhook, Url = new("https://example.com/"), Secret = WebhookSignature.NewSecret() };
        _channels.Add(name, change is null ? channel : change(channel));
    }

    public Task<Channel?> FindAsync(string name, CancellationToken cancellationToken) => Task.FromResult(_channels.GetValueOrDefault(name));

    public Task<IReadOnlyList<Channel>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Channel>>([.. _channels.Values]);

    public Task SaveAsync(Channel channel, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();
}

internal sealed class FakeSilences : ISilenceStore
{
    private readonly List<Silence> _silences = [];

    public void Add(Silence silence) => _silences.Add(silence);

    public Task<Silence?> FindAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<Silence>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Silence>>(_silences);

    public Task SaveAsync(Silence silence, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();
}

internal sealed class FakeDeliveries : IDeliveryQueue, IAlertQueue, IDeadDeliveries
{
    public List<Delivery> All { get; } = [];

    public List<TimeSpan> Pauses { get; } = [];

    public List<AlertTransition> Steps { get; } = [];

    public List<DeadDelivery> Dead { get; } = [];

    public Task EnqueueAsync(Delivery delivery, TimeSpan after, CancellationToken cancellationToken)
    {
        All.Add(delivery);
        Pauses.Add(after);
        return Task.CompletedTask;
    }

    public Task EnqueueAsync(AlertTransition transition, CancellationToken cancellationToken)
    {
        Steps.Add(transition);
        return Task.CompletedTask;
    }

    public Task AddAsync(DeadDelivery dead, CancellationToken cancellationToken)
    {
        Dead.Add(dead);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<DeadDelivery>> ListAsync(int top, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<DeadDelivery?> FindAsync(string deliveryId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RemoveAsync(string deliveryId, CancellationToken cancellationToken) => throw new NotSupportedException();
}
