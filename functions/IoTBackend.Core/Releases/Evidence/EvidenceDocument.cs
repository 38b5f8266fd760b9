using IoTBackend.Core.Releases.Evidence.Findings;

namespace IoTBackend.Core.Releases.Evidence;

/// <summary>What was read of one document. A digest's content never changes, so it is read once; a document of several parts is several of these.</summary>
/// <param name="Source">Where it was found: the digest of what it is attached to, <see cref="Sent"/> or <see cref="Attestation"/>.</param>
/// <param name="Digest">Of its manifest; of the document itself where an operator sent it.</param>
/// <param name="Fault">Why it is of no use, which reading it again would not change.</param>
public sealed record EvidenceDocument(
    string Source, string Digest, ScanReport? Report = null, FoundSbom? Sbom = null, DateTimeOffset? EndOfLife = null, string? Fault = null)
{
    public const string Sent = "sent";

    public const string Attestation = "attestation";
}

/// <summary>A list of referrers as it was last read.</summary>
/// <param name="Version">To ask for it again with; null = not all of it could be read.</param>
public sealed record EvidenceList(string Subject, string? Version, IReadOnlyList<Images.Referrer> Items);
