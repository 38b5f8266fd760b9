using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>
/// What notation signs, whichever envelope it is in (notaryproject/specifications, signature-specification.md): a payload that names the image, made by a
/// certificate below a configured CA. The signing time in it is its author's word; the certificate is judged when an authority stamped it, or the image was
/// first seen.
/// </summary>
/// <param name="Algorithm">By its name in JOSE.</param>
/// <param name="Critical">Names of headers that have to be understood.</param>
/// <param name="Expiry">After which it does not count.</param>
/// <param name="Chain">The signer's certificate first.</param>
/// <param name="Signed">The bytes that are signed.</param>
/// <param name="Stamp">An authority's, over the signature; null = none.</param>
internal sealed record NotationEnvelope(
    SignatureForm Form, ReadOnlyMemory<byte> Payload, string? ContentType, string? Scheme, string? Algorithm, IReadOnlyList<string> Critical, DateTimeOffset? Expiry,
    IReadOnlyList<X509Certificate2> Chain, byte[] Signed, byte[] Signature, byte[]? Stamp)
{
    public const string SigningScheme = "io.cncf.notary.signingScheme";
    public const string ExpiryHeader = "io.cncf.notary.expiry";

    /// <summary>Of the header that is not protected.</summary>
    public const string StampHeader = "io.cncf.notary.timestampSignature";

    /// <summary>Certificates of a chain.</summary>
    public const int MaxChain = 6;

    private const string PayloadType = "application/vnd.cncf.notary.payload.v1+json";

    /// <summary>A critical header that is not understood makes the signature void (RFC 7515, 4.1.11; RFC 9052, 3.1).</summary>
    private static readonly string[] Understood = [SigningScheme, ExpiryHeader, "io.cncf.notary.authenticSigningTime"];

    public CheckedSignature Check(string digest, SignatureRules rules, DateTimeOffset firstSeen)
    {
        using var payload = JsonDocument.Parse(Payload);
        if (Text(Object(payload.RootElement, "targetArtifact"), "digest") != digest)
            return CheckedSignature.No(Form, "It is over another image.");
        if (ContentType != PayloadType || Scheme is not ("notary.x509" or "notary.x509.signingAuthority"))
            return CheckedSignature.No(Form, "It is of another scheme.");
        if (Critical.Any(c => !Understood.Contains(c)))
            return CheckedSignature.No(Form, "It asks for something that is not understood.");
        if (Expiry <= firstSeen)
            return CheckedSignature.No(Form, "It had expired when the image was first seen.");
        using var key = Chain.Count == 0 ? null : PublicKey.Of(Chain[0]);
        if (key is null || HashOf(key) is not { } hash)
            return CheckedSignature.No(Form, "Its algorithm is not that of its certificate's key.");
        if (!key.VerifiesFixed(Signed, Signature, hash))
            return CheckedSignature.No(Form, "Its certificate's key did not make it.");
        var at = (Stamp is null ? null : Timestamp.TimeOf(Stamp, Signature, rules)) ?? firstSeen;
        return CertificateTrust.Refusal(Chain, rules, at) is { } why
            ? CheckedSignature.No(Form, why)
            : new(CertificateTrust.Signer(Chain[0]), CertificateTrust.Name(Chain[0]));
    }

    /// <summary>The key decides which algorithm may be named (signature-specification.md, "Signature Algorithm Requirements"); never none or a MAC.</summary>
    private HashAlgorithmName? HashOf(PublicKey key) => (Algorithm, key.IsEllipticCurve, key.KeySize) switch
    {
        ("ES256", true, 256) or ("PS256", false, 2048) => HashAlgorithmName.SHA256,
        ("ES384", true, 384) or ("PS384", false, 3072) => HashAlgorithmName.SHA384,
        ("ES512", true, 521) or ("PS512", false, 4096) => HashAlgorithmName.SHA512,
        _ => null,
    };
}
