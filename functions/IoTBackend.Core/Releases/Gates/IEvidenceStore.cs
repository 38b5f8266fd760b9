using IoTBackend.Core.Releases.Evidence;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>Evidence that operators send, and what is known to be inside a release.</summary>
public interface IEvidenceStore
{
    Task SaveAsync(string releaseId, SentEvidence evidence, CancellationToken cancellationToken);

    /// <summary>The newest 20.</summary>
    Task<IReadOnlyList<SentEvidence>> ListAsync(string releaseId, CancellationToken cancellationToken);

    Task SaveAsync(string releaseId, ReleaseContents contents, CancellationToken cancellationToken);

    /// <summary>Null = no scan or SBOM of it was ever seen.</summary>
    Task<ReleaseContents?> FindAsync(string releaseId, CancellationToken cancellationToken);
}

/// <param name="Digest">Of the content; the same document sent again is the same evidence.</param>
public sealed record SentEvidence(string Digest, ReadOnlyMemory<byte> Content);
