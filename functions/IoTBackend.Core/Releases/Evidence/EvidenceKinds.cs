namespace IoTBackend.Core.Releases.Evidence;

/// <summary>Which kinds of what is attached to an image are read. Told by how their media types begin; what is inside is told by its shape.</summary>
internal readonly record struct EvidenceKinds(bool Signatures, bool Documents)
{
    public const string Bundle = "application/vnd.dev.sigstore.bundle";
    public const string Notation = "application/vnd.cncf.notary.signature";
    public const string Lifecycle = "application/vnd.microsoft.artifact.lifecycle";

    private static readonly string[] OfDocuments =
    [
        "application/sarif+json", "application/spdx+json", "application/vnd.cyclonedx", "application/vnd.aquasec.trivy", "application/vnd.anchore.grype",
        "application/vnd.in-toto+json", "application/json", "application/vnd.openvex+json", Lifecycle,
    ];

    public static bool IsSignature(string type) => type == Notation || type.StartsWith(Bundle, StringComparison.Ordinal);

    public static bool IsDocument(string type) => Array.Exists(OfDocuments, d => type.StartsWith(d, StringComparison.Ordinal));

    public bool Takes(string type) => IsSignature(type) ? Signatures : Documents && IsDocument(type);
}
