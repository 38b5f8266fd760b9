using System.Collections.Concurrent;

namespace IoTBackend.Adapters.Devices;

/// <summary>What was read under a key, that there was nothing too, for a while. Safe for concurrent use.</summary>
/// <param name="read">Reads one; null = there is none.</param>
/// <param name="lifetime">Of what was found; that there was nothing is remembered for less.</param>
/// <param name="capacity">Entries; when it is full, it starts anew.</param>
/// <param name="time">The clock.</param>
internal sealed class CatalogCache<T>(Func<string, CancellationToken, Task<T?>> read, TimeSpan lifetime, int capacity, TimeProvider time)
    where T : class
{
    private static readonly TimeSpan AbsenceLifetime = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, (T? Value, long Until)> _entries = new(StringComparer.Ordinal);
    private ConcurrentDictionary<string, bool>? _forgottenMeanwhile;
    private int _cleared;
    private int _forgotten;

    public ValueTask<T?> FindAsync(string key, CancellationToken cancellationToken) =>
        _entries.TryGetValue(key, out var entry) && entry.Until > time.GetTimestamp()
            ? ValueTask.FromResult(entry.Value)
            : new(ReadAsync(key, cancellationToken));

    public void Forget(string key)
    {
        Interlocked.Increment(ref _forgotten);
        _forgottenMeanwhile?.TryAdd(key, true);
        _entries.TryRemove(key, out _);
    }

    public void Clear()
    {
        Interlocked.Increment(ref _cleared);
        Interlocked.Increment(ref _forgotten);
        _entries.Clear();
    }

    /// <summary>Takes in many at once, as far as there is room. One call at a time.</summary>
    public async Task FillAsync(IAsyncEnumerable<KeyValuePair<string, T>> found)
    {
        var forgotten = _forgottenMeanwhile = new(StringComparer.Ordinal);
        var cleared = Volatile.Read(ref _cleared);
        try
        {
            await foreach (var (key, value) in found)
            {
                // What was listed may be older than what made it be forgotten; looked at before and after, as that may happen in between.
                if (cleared != Volatile.Read(ref _cleared) || _entries.Count >= capacity)
                    break;
                if (forgotten.ContainsKey(key))
                    continue;
                _entries[key] = (value, Until(lifetime));
                if (forgotten.ContainsKey(key) || cleared != Volatile.Read(ref _cleared))
                    _entries.TryRemove(key, out _);
            }
        }
        finally
        {
            _forgottenMeanwhile = null;
        }
    }

    private async Task<T?> ReadAsync(string key, CancellationToken cancellationToken)
    {
        var forgotten = Volatile.Read(ref _forgotten);
        var value = await read(key, cancellationToken);
        if (_entries.Count >= capacity)
            _entries.Clear();
        // What was read while something was being forgotten may be old: answered, but not kept.
        if (forgotten == Volatile.Read(ref _forgotten))
            _entries[key] = (value, Until(value is null ? AbsenceLifetime : lifetime));
        return value;
    }

    private long Until(TimeSpan life) => time.GetTimestamp() + (long)(life.TotalSeconds * time.TimestampFrequency);
}
