using System.Collections.Concurrent;

namespace IoTBackend.Core.Releases.Desired;

/// <summary>The versions in memory, and who waits for one to change.</summary>
public sealed class DesiredVersions(TimeProvider time) : IDesiredVersions
{
    private readonly ConcurrentDictionary<string, long> _versions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);

    public long? Find(string deviceId) => _versions.TryGetValue(deviceId, out var version) ? version : null;

    /// <summary>May come twice and out of order: a version never goes back.</summary>
    public void Set(string deviceId, long version)
    {
        _versions.AddOrUpdate(deviceId, version, (_, before) => Math.Max(before, version));
        if (_waiting.TryRemove(deviceId, out var waiting))
            waiting.SetResult();
    }

    /// <summary>True as soon as the device's version is another than <paramref name="known"/>; false after <paramref name="patience"/>.</summary>
    public async Task<bool> WaitAsync(string deviceId, long known, TimeSpan patience, CancellationToken cancellationToken)
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
