using System.Globalization;

namespace IoTBackend.Core.Changes;

/// <param name="Cursor">For the next call.</param>
/// <param name="Changed">Kinds of which something is new since the cursor asked with.</param>
/// <param name="AskAgainAfter">Null = at once; else too many wait already.</param>
public sealed record Changes(string Cursor, IReadOnlyList<string> Changed, TimeSpan? AskAgainAfter);

/// <summary>
/// When something of each kind changed last, by the store's clock, so that a cursor one instance wrote means the same to every other.
/// A cursor names one time per kind: kinds are heard of in no common order. Nothing is stored per page; who waits holds one place of a few.
/// </summary>
public sealed class RecentChanges(TimeProvider time)
{
    /// <summary>At once in this process; a wait takes a place of those the platform counts as work.</summary>
    public const int MaxWaiting = 12;

    /// <summary>Of these, for one operator.</summary>
    public const int MaxWaitingEach = 4;

    /// <summary>For those who find no place.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, DateTimeOffset> _newest = [];
    private readonly Dictionary<string, int> _waiting = [];
    private TaskCompletionSource _news = Source();

    /// <summary>Something of a kind changed; what is older than known already is nothing new.</summary>
    public void Heard(string kind, DateTimeOffset at)
    {
        TaskCompletionSource news;
        lock (_lock)
        {
            if (_newest.GetValueOrDefault(kind) >= at)
                return;
            _newest[kind] = at;
            (news, _news) = (_news, Source());
        }

        news.SetResult();
    }

    /// <summary>False = no cursor of ours.</summary>
    public static bool TryRead(string cursor, out IReadOnlyDictionary<string, DateTimeOffset> known)
    {
        var found = new Dictionary<string, DateTimeOffset>();
        known = found;
        var times = cursor.Split('.');
        for (var i = 0; i < times.Length && i < ChangeKinds.All.Count; i++)
        {
            if (!long.TryParse(times[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var ticks) || ticks < 0 || ticks > DateTimeOffset.MaxValue.Ticks)
                return false;
            found[ChangeKinds.All[i]] = new(ticks, TimeSpan.Zero);
        }

        return times.Length == ChangeKinds.All.Count;
    }

    /// <summary>What changed since; where nothing did, as soon as something does or the wait is over.</summary>
    /// <param name="since">As read from a cursor; null = from now on.</param>
    /// <param name="wait">Longest time.</param>
    /// <param name="who">Whose place it takes.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    public async Task<Changes> ReadAsync(IReadOnlyDictionary<string, DateTimeOffset>? since, TimeSpan wait, string who, CancellationToken cancellationToken)
    {
        Task news;
        lock (_lock)
        {
            var now = Since(since);
            if (since is null || now.Changed.Count > 0 || wait <= TimeSpan.Zero)
                return now;
            if (_waiting.Values.Sum() >= MaxWaiting || _waiting.GetValueOrDefault(who) >= MaxWaitingEach)
                return now with { AskAgainAfter = Pause };
            _waiting[who] = _waiting.GetValueOrDefault(who) + 1;
            news = _news.Task;
        }

        try
        {
            await news.WaitAsync(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
        finally
        {
            lock (_lock)
            {
                if (--_waiting[who] == 0)
                    _waiting.Remove(who);
            }
        }

        lock (_lock)
            return Since(since);
    }

    private Changes Since(IReadOnlyDictionary<string, DateTimeOffset>? since)
    {
        var cursor = ChangeKinds.All.Select(kind => Max(_newest.GetValueOrDefault(kind), since?.GetValueOrDefault(kind) ?? default));
        var changed = since is null ? [] : ChangeKinds.All.Where(kind => _newest.GetValueOrDefault(kind) > since.GetValueOrDefault(kind));
        return new(string.Join('.', cursor.Select(at => at.UtcTicks.ToString("x", CultureInfo.InvariantCulture))), [.. changed], null);
    }

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static TaskCompletionSource Source() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
