using IoTBackend.Core.Releases.Evidence;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>Evidence that operators send, and what is known to be inside a release.</summary>
public interface IEvidenceStore
{
    Task SaveAsync(string releaseId, SentEvidence evidence, CancellationToken cancellationToken);

    /// <summary>Digests of the newest 20 that were sent.</summary>
    Task<IReadOnlyList<string>> ListSentAsync(string releaseId, CancellationToken cancellationToken);

    /// <summary>Null = it is gone.</summary>
    Task<ReadOnlyMemory<byte>?> FindSentAsync(string releaseId, string digest, CancellationToken cancellationToken);

    Task SaveAsync(string releaseId, ReleaseContents contents, CancellationToken cancellationToken);

    /// <summary>Null = no evidence of it was ever looked for.</summary>
    Task<ReleaseContents?> FindAsync(string releaseId, CancellationToken cancellationToken);

    /// <summary>Of releases of which evidence was looked for, those that are wanted.</summary>
    IAsyncEnumerable<KeyValuePair<string, ReleaseContents>> ListAsync(Predicate<string> releaseId, CancellationToken cancellationToken);
}

/// <param name="Digest">Of the content; the same document sent again is the same evidence.</param>
public sealed record SentEvidence(string Digest, ReadOnlyMemory<byte> Content);
