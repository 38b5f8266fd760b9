using IoTBackend.Core.Releases.Evidence;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>Evidence of a few releases, as long as the same is attached: a document has a digest, so what was read of it stays true.</summary>
internal sealed class KnownEvidence
{
    /// <summary>Releases; one may have 20,000 packages in its lists.</summary>
    private const int Most = 20;

    /// <summary>What could not be read may be readable later.</summary>
    private static readonly TimeSpan Lasts = TimeSpan.FromHours(1);

    private readonly Dictionary<string, (string Version, DateTimeOffset At, AttachedEvidence Evidence)> _byRelease = [];
    private readonly Lock _lock = new();

    /// <param name="version">All that is attached, by digest.</param>
    public AttachedEvidence? Find(string releaseId, string version, DateTimeOffset now)
    {
        lock (_lock)
            return _byRelease.TryGetValue(releaseId, out var known) && known.Version == version && now - known.At < Lasts ? known.Evidence : null;
    }

    public AttachedEvidence Keep(string releaseId, string version, DateTimeOffset now, AttachedEvidence evidence)
    {
        lock (_lock)
        {
            _byRelease[releaseId] = (version, now, evidence);
            if (_byRelease.Count > Most)
                _byRelease.Remove(_byRelease.MinBy(k => k.Value.At).Key);
        }

        return evidence;
    }
}
