using IoTBackend.Core.Shared;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Adapters.Shared;

/// <summary>A copy in memory that follows the store.</summary>
public interface IChangeSubscriber
{
    string Topic { get; }

    /// <summary>Somebody waits for the next change.</summary>
    bool IsAwaited => false;

    /// <summary>Something about <paramref name="change"/> is new. May be told twice, and out of order by a few seconds.</summary>
    ValueTask OnChangeAsync(Change change, CancellationToken cancellationToken);

    /// <summary>
    /// Lines may have been missed (start, or half an hour's outage): read the store, or forget what is cached. Nothing is to be done where nothing is
    /// kept for so long.
    /// </summary>
    ValueTask OnResetAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}

/// <summary>
/// Reads the change feed every few seconds, and more often while somebody waits, and tells the subscribers; one query a turn, whatever the number
/// of devices.
/// </summary>
public sealed partial class ChangeListener(ChangeFeed feed, IEnumerable<IChangeSubscriber> subscribers, TimeProvider time, ILogger<ChangeListener> log)
    : BackgroundService
{
    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>The same while somebody waits.</summary>
    public static readonly TimeSpan AwaitedInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Looked at again each time: a row can become visible after a later one.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(30);

    private readonly ILookup<string, IChangeSubscriber> _subscribers = subscribers.ToLookup(s => s.Topic, StringComparer.Ordinal);
    private HashSet<string> _seen = [];
    private DateTimeOffset? _readUpTo;
    private long _readAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(AwaitedInterval, time);
        var rest = 0;
        do
        {
            if (rest-- > 0 && !subscribers.Any(s => s.IsAwaited))
                continue;
            rest = (int)(Interval / AwaitedInterval) - 1;
            try
            {
                await ListenOnceAsync(stoppingToken);
            }
            catch (UnavailableException e)
            {
                LogBehind(log, e.Service);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task ListenOnceAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        if (_readUpTo is null || time.GetElapsedTime(_readAt) > ChangeFeed.Retention / 2)
        {
            // Before the copies are renewed: what changes meanwhile is heard once more.
            var now = await feed.NowAsync(cancellationToken);
            foreach (var subscriber in _subscribers.SelectMany(s => s))
                await subscriber.OnResetAsync(cancellationToken);
            (_readUpTo, _seen) = (now, []);
        }

        var (rows, readAt) = await feed.ReadAsync(_readUpTo.Value - Overlap, cancellationToken);
        foreach (var (rowKey, change) in rows)
        {
            if (_seen.Contains(rowKey))
                continue;
            foreach (var subscriber in _subscribers[change.Topic])
                await subscriber.OnChangeAsync(change, cancellationToken);
        }

        _seen = [.. rows.Select(r => r.RowKey)];
        (_readUpTo, _readAt) = (readAt, started);
    }

    [LoggerMessage(1, LogLevel.Warning, "The change feed cannot be read ({Service} is unavailable); caches may be behind")]
    private static partial void LogBehind(ILogger log, string service);
}
