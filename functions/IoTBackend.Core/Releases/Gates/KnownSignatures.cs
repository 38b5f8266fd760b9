using IoTBackend.Core.Releases.Evidence.Signatures;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>Signatures of some releases, as long as the same is attached: what was read of a digest stays true.</summary>
internal sealed class KnownSignatures
{
    /// <summary>Releases.</summary>
    private const int Most = 100;

    /// <summary>Of one release; more is not worth the memory.</summary>
    private const int MostBytes = 256 * 1024;

    /// <summary>What could not be read may be readable later.</summary>
    private static readonly TimeSpan Lasts = TimeSpan.FromHours(1);

    private readonly Dictionary<string, Known> _byRelease = [];
    private readonly Lock _lock = new();

    public sealed record Known(string Version, DateTimeOffset At, IReadOnlyList<Signature> Signatures, IReadOnlyList<string> Faults);

    /// <param name="version">All that is attached, by digest.</param>
    public Known? Find(string releaseId, string version, DateTimeOffset now)
    {
        lock (_lock)
            return _byRelease.TryGetValue(releaseId, out var known) && known.Version == version && now - known.At < Lasts ? known : null;
    }

    public void Keep(string releaseId, string version, DateTimeOffset now, IReadOnlyList<Signature> signatures, IReadOnlyList<string> faults)
    {
        if (signatures.Sum(s => s.Bytes) > MostBytes)
            return;
        lock (_lock)
        {
            _byRelease[releaseId] = new(version, now, signatures, faults);
            if (_byRelease.Count > Most)
                _byRelease.Remove(_byRelease.MinBy(k => k.Value.At).Key);
        }
    }
}
