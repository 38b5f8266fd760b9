using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Signals;

namespace Core.Tests.Alerts;

/// <summary>A store whose callers may die before and after every write.</summary>
internal abstract class Mortal
{
    private int _version;

    public AlertWorld? World { get; set; }

    protected string NextVersion() => (++_version).ToString(System.Globalization.CultureInfo.InvariantCulture);

    protected Task WriteAsync(Action write)
    {
        World?.MayDie();
        write();
        World?.MayDie();
        return Task.CompletedTask;
    }
}

internal sealed class MemoryAlerts : Mortal, IAlertStore
{
    private readonly Dictionary<string, StoredAlert> _alerts = [];
    private readonly Dictionary<string, Alert> _open = [];

    public IEnumerable<Alert> All => _alerts.Values.Select(a => a.Alert);

    /// <summary>So many saves meet somebody who was faster.</summary>
    public int RefuseNext { get; set; }

    /// <summary>What somebody else does between a question and the next save.</summary>
    public Func<Task>? BeforeSave { get; set; }

    /// <summary>The store cannot read this alert.</summary>
    public string? Broken { get; set; }

    public Task<StoredAlert?> FindAsync(string alertId, CancellationToken cancellationToken) => alertId == Broken
        ? throw new InvalidDataException("The alert cannot be read.")
        : Task.FromResult(_alerts.GetValueOrDefault(alertId));

    public async Task<bool> TrySaveAsync(StoredAlert alert, CancellationToken cancellationToken)
    {
        if (BeforeSave is { } first)
        {
            BeforeSave = null;
            await first();
        }

        if (RefuseNext > 0)
        {
            RefuseNext--;
            return false;
        }

        if (_alerts.GetValueOrDefault(alert.Alert.Id)?.Version != alert.Version)
            return false;
        await WriteAsync(() => _alerts[alert.Alert.Id] = alert with { Version = NextVersion() });
        return true;
    }

    public Task ListOpenOrNotAsync(string alertId, CancellationToken cancellationToken) => WriteAsync(() =>
    {
        _open.Remove(alertId);
        if (_alerts[alertId].Alert is { State: not AlertState.Cleared } alert)
            _open[alertId] = alert;
    });

    public Task<AlertPage> ListAsync(AlertQuery query, CancellationToken cancellationToken)
    {
        Alert[] found = [.. _alerts.Values.Select(a => a.Alert)
            .Where(query.Fits).OrderByDescending(a => a.RaisedAt).SkipWhile(a => query.After is not null && a.Id != query.After).Skip(query.After is null ? 0 : 1)];
        return Task.FromResult(new AlertPage([.. found.Take(query.Top)], found.Length > query.Top ? found[query.Top - 1].Id : null));
    }

    public Task<IReadOnlyList<Alert>> ListOpenAsync(string deviceId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Alert>>([.. _open.Values.Where(a => a.DeviceId == deviceId)]);

    public IAsyncEnumerable<Alert> ListOpenAsync(CancellationToken cancellationToken) => _open.Values.ToArray().ToAsyncEnumerable();

    public Task TrimAsync(DateTimeOffset raisedBefore, CancellationToken cancellationToken) => throw new NotSupportedException();
}

internal abstract class MemoryNamed<T>(Func<T, string> nameOf) : Mortal
    where T : class
{
    private readonly SortedDictionary<string, T> _all = new(StringComparer.Ordinal);

    public void Put(T value) => _all[nameOf(value)] = value;

    public void Remove(string name) => _all.Remove(name);

    public Task<T?> FindAsync(string name, CancellationToken cancellationToken) => Task.FromResult(_all.GetValueOrDefault(name));

    public Task<IReadOnlyList<T>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<T>>([.. _all.Values]);

    public Task SaveAsync(T value, CancellationToken cancellationToken) => WriteAsync(() => Put(value));

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => Task.FromResult(_all.Remove(name));
}

internal sealed class MemoryChannels() : MemoryNamed<Channel>(c => c.Name), IChannelStore;

internal sealed class MemoryMutes() : MemoryNamed<Mute>(m => m.Name), IMuteStore;

internal sealed class MemoryEscalations() : MemoryNamed<Escalation>(e => e.Name), IEscalationStore;

internal sealed class MemoryRoutes : Mortal, IRouteStore
{
    public Route? Root { get; set; }

    public Task<Route?> FindAsync(CancellationToken cancellationToken) => Task.FromResult(Root);

    public Task SaveAsync(Route root, CancellationToken cancellationToken) => WriteAsync(() => Root = root);

    public Task<bool> DeleteAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}

internal sealed class MemoryDue : Mortal, IDueStore
{
    private readonly HashSet<Due> _due = [];

    public Task AddAsync(Due due, CancellationToken cancellationToken) => WriteAsync(() => _due.Add(due));

    public Task<IReadOnlyList<Due>> ListAsync(DateTimeOffset until, int top, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Due>>([.. _due.Where(d => d.At <= until).OrderBy(d => d.At).Take(top)]);

    public Task RemoveAsync(Due due, CancellationToken cancellationToken) => WriteAsync(() => _due.Remove(due));
}

internal sealed class MemoryAlertQueue : IAlertQueue
{
    public List<AlertTransition> Steps { get; } = [];

    public Task EnqueueAsync(AlertTransition transition, CancellationToken cancellationToken)
    {
        Steps.Add(transition);
        return Task.CompletedTask;
    }
}

internal sealed class MemoryComments : Mortal, ICommentStore
{
    private readonly List<(string Alert, Comment Comment)> _all = [];

    public Task AddAsync(string alertId, Comment comment, CancellationToken cancellationToken) => WriteAsync(() => _all.Add((alertId, comment)));

    public Task<IReadOnlyList<Comment>> ListAsync(string alertId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Comment>>([.. _all.Where(c => c.Alert == alertId).Select(c => c.Comment)]);

    public Task RemoveAsync(string alertId, CancellationToken cancellationToken) => WriteAsync(() => _all.RemoveAll(c => c.Alert == alertId));
}

internal sealed class MemoryUndelivered : Mortal, IUndelivered
{
    public List<Undelivered> All { get; } = [];

    public Task AddAsync(IReadOnlyList<Undelivered> given, CancellationToken cancellationToken) => WriteAsync(() =>
    {
        foreach (var one in given.Select(g => g with { Id = $"{g.At.UtcTicks}~{g.Notice.IdFor(g.Channel)}" }))
        {
            All.RemoveAll(a => a.Id == one.Id);
            All.Add(one);
        }
    });

    public Task<IReadOnlyList<Undelivered>> ListAsync(string? channel, int top, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Undelivered>>([.. All.Where(u => channel is null || u.Channel == channel).Take(top)]);

    public Task<Undelivered?> FindAsync(string id, CancellationToken cancellationToken) => Task.FromResult(All.FirstOrDefault(a => a.Id == id));

    public Task RemoveAsync(string id, CancellationToken cancellationToken) => WriteAsync(() => All.RemoveAll(a => a.Id == id));

    public Task TrimAsync(DateTimeOffset before, CancellationToken cancellationToken) => WriteAsync(() => All.RemoveAll(a => a.At < before));
}

/// <summary>Its clock counts writes, so that no two of them are at one time.</summary>
internal sealed class MemoryLanes : Mortal, ILaneStore
{
    private readonly Dictionary<string, StoredLane> _lanes = [];
    private readonly Dictionary<(string Channel, string Alert), LaneNotice> _waiting = [];
    private readonly List<(string Alert, Telling Telling)> _told = [];
    private long _clock;

    public int Waiting => _waiting.Count;

    public Task<StoredLane> ReadAsync(string channel, CancellationToken cancellationToken) =>
        Task.FromResult(_lanes.GetValueOrDefault(channel) ?? new(new() { Channel = channel }, null));

    public async Task<StoredLane?> TrySaveAsync(StoredLane lane, CancellationToken cancellationToken)
    {
        if (_lanes.GetValueOrDefault(lane.Lane.Channel)?.Version != lane.Version)
            return null;
        var stored = lane with { Version = NextVersion() };
        await WriteAsync(() => _lanes[lane.Lane.Channel] = stored);
        return stored;
    }

    public Task OweAsync(string channel, Notice notice, CancellationToken cancellationToken) =>
        WriteAsync(() => _waiting[(channel, notice.Alert.Id)] = Stored(notice));

    public IAsyncEnumerable<LaneNotice> WaitingAsync(string channel, string? upTo, CancellationToken cancellationToken) => _waiting
        .Where(w => w.Key.Channel == channel && (upTo is null || string.CompareOrdinal(w.Value.Position, upTo) <= 0))
        .Select(w => w.Value).OrderBy(w => w.Position, StringComparer.Ordinal).ToList().ToAsyncEnumerable();

    public IAsyncEnumerable<LaneNotice> UrgentAsync(string channel, CancellationToken cancellationToken) =>
        WaitingAsync(channel, null, cancellationToken).Where(n => LaneFlow.IsUrgent(n.Notice));

    public Task<LaneNotice?> FindAsync(string channel, string alertId, CancellationToken cancellationToken) => Task.FromResult(_waiting.GetValueOrDefault((channel, alertId)));

    public Task<bool> IsWaitingAsync(string channel, DateTimeOffset now, CancellationToken cancellationToken) =>
        Task.FromResult(_waiting.Any(w => w.Key.Channel == channel && !(w.Value.Notice.NotBefore > now)));

    public async Task SettleAsync(string channel, IReadOnlyList<LaneNotice> notices, Telling telling, CancellationToken cancellationToken)
    {
        // In transactions of a few, with a death between any two of them.
        foreach (var some in notices.Chunk(3))
        {
            await WriteAsync(() =>
            {
                foreach (var notice in some)
                {
                    _told.Add((notice.Notice.Alert.Id, telling with { Type = notice.Notice.Type }));
                    if (_waiting.GetValueOrDefault((channel, notice.Notice.Alert.Id))?.Version == notice.Version)
                        _waiting.Remove((channel, notice.Notice.Alert.Id));
                }
            });
        }
    }

    public Task PutBackAsync(string channel, LaneNotice notice, CancellationToken cancellationToken) => WriteAsync(() =>
    {
        if (_waiting.GetValueOrDefault((channel, notice.Notice.Alert.Id))?.Version == notice.Version)
            _waiting[(channel, notice.Notice.Alert.Id)] = Stored(notice.Notice);
    });

    public Task<IReadOnlyList<Telling>> HistoryAsync(string channel, string alertId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Telling>>([.. _told.Where(t => t.Alert == alertId && t.Telling.Channel == channel).Select(t => t.Telling)]);

    public Task ForgetAsync(string channel, CancellationToken cancellationToken)
    {
        _lanes.Remove(channel);
        foreach (var key in _waiting.Keys.Where(k => k.Channel == channel).ToList())
            _waiting.Remove(key);
        return Task.CompletedTask;
    }

    public Task TrimAsync(string channel, DateTimeOffset raisedBefore, CancellationToken cancellationToken) => throw new NotSupportedException();

    private LaneNotice Stored(Notice notice) => new(
        notice, NextVersion(), new(++_clock, TimeSpan.Zero), $"{notice.Alert.RaisedAt.ToUnixTimeMilliseconds():D15}~{notice.Alert.Id}", notice.Alert.Summary.Length);
}
