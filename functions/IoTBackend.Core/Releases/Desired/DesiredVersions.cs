using System.Collections.Concurrent;

namespace IoTBackend.Core.Releases.Desired;

/// <summary>How a wait ended.</summary>
public enum Waited
{
    /// <summary>There is a later version.</summary>
    Changed,
    TimeOver,

    /// <summary>It was none: as many wait already as may.</summary>
    NoPlace,
}

/// <summary>The versions in memory, and who waits for one to change. A wait takes a place of those the platform counts as work.</summary>
/// <param name="time">The clock.</param>
/// <param name="maxWaiting">At once in this process.</param>
public sealed class DesiredVersions(TimeProvider time, int maxWaiting = int.MaxValue) : IDesiredVersions
{
    /// <summary>Of these, for one device: a connection that is lost keeps its place for a while.</summary>
    public const int MaxWaitingEach = 2;

    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _versions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);
    private int _placesTaken;

    /// <summary>Somebody waits for a change.</summary>
    public bool IsAwaited => Volatile.Read(ref _placesTaken) > 0;

    public long? Find(string deviceId) => _versions.TryGetValue(deviceId, out var version) ? version : null;

    /// <summary>May come twice and out of order: a version never goes back.</summary>
    public void Set(string deviceId, long version)
    {
        _versions.AddOrUpdate(deviceId, version, (_, before) => Math.Max(before, version));
        if (_waiting.TryRemove(deviceId, out var waiting))
            waiting.SetResult();
    }

    /// <summary>Ends as soon as the device's version is another than <paramref name="known"/>, or after <paramref name="patience"/>.</summary>
    public async Task<Waited> WaitAsync(string deviceId, long known, TimeSpan patience, CancellationToken cancellationToken)
    {
        lock (_places)
        {
            var own = _places.GetValueOrDefault(deviceId);
            if (_placesTaken >= maxWaiting || own >= MaxWaitingEach)
                return Waited.NoPlace;
            (_places[deviceId], _placesTaken) = (own + 1, _placesTaken + 1);
        }

        try
        {
            return await ComesAsync(deviceId, known, patience, cancellationToken) ? Waited.Changed : Waited.TimeOver;
        }
        finally
        {
            lock (_places)
            {
                _placesTaken--;
                if (--_places[deviceId] == 0)
                    _places.Remove(deviceId);
            }
        }
    }

    private async Task<bool> ComesAsync(string deviceId, long known, TimeSpan patience, CancellationToken cancellationToken)
    {
        var until = time.GetTimestamp() + (long)(patience.TotalSeconds * time.TimestampFrequency);
        while (true)
        {
            // Registered before looking, so that no change falls between the two.
            var waiting = _waiting.GetOrAdd(deviceId, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
            if (Find(deviceId) is { } version && version > known)
                return true;
            var left = time.GetElapsedTime(time.GetTimestamp(), until);
            if (left <= TimeSpan.Zero)
                return false;
            try
            {
                await waiting.Task.WaitAsync(left, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                return false;
            }
        }
    }
}
