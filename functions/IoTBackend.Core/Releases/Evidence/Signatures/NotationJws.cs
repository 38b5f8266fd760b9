using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>
/// notaryproject/specifications, signature-envelope-jws.md: a flattened JWS whose payload names the image, made by a certificate below a configured
/// CA. The signing time in it is its author's word; the certificate is judged when the image was first seen.
/// </summary>
internal static class NotationJws
{
    private const string Payload = "application/vnd.cncf.notary.payload.v1+json";

    /// <summary>Parts of the protected header that are understood; a critical one that is not makes the signature void (RFC 7515, 4.1.11).</summary>
    private static readonly string[] Understood = ["io.cncf.notary.signingScheme", "io.cncf.notary.expiry", "io.cncf.notary.authenticSigningTime"];

    public static CheckedSignature Check(Signature signature, string digest, SignatureRules rules, DateTimeOffset firstSeen)
    {
        using var envelope = JsonDocument.Parse(signature.Content);
        var (protectedPart, payloadPart) = (Text(envelope.RootElement, "protected") ?? "", Text(envelope.RootElement, "payload") ?? "");
        using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(protectedPart));
        using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(payloadPart));
        if (Text(Object(payload.RootElement, "targetArtifact"), "digest") != digest)
            return CheckedSignature.No(signature.Form, "It is over another image.");
        if (Text(header.RootElement, "cty") != Payload || Text(header.RootElement, "io.cncf.notary.signingScheme") is not ("notary.x509" or "notary.x509.signingAuthority"))
            return CheckedSignature.No(signature.Form, "It is of another scheme.");
        var critical = (Items(header.RootElement, "crit") ?? []).Select(c => Text(c)).ToList();
        if (critical.Exists(c => !Understood.Contains(c) || !header.RootElement.TryGetProperty(c!, out _)))
            return CheckedSignature.No(signature.Form, "It asks for something that is not understood.");
        if (Time(header.RootElement, "io.cncf.notary.expiry") is { } expiry && expiry <= firstSeen)
            return CheckedSignature.No(signature.Form, "It had expired when the image was first seen.");

        var chain = (Items(Object(envelope.RootElement, "header"), "x5c") ?? []).Take(6)
            .Select(c => X509CertificateLoader.LoadCertificate(Convert.FromBase64String(Text(c) ?? ""))).ToList();
        using var key = chain.Count == 0 ? null : PublicKey.Of(chain[0]);
        if (key is null || HashOf(Text(header.RootElement, "alg"), key) is not { } hash)
            return CheckedSignature.No(signature.Form, "Its algorithm is not that of its certificate's key.");
        var signed = Encoding.ASCII.GetBytes($"{protectedPart}.{payloadPart}");
        if (!key.VerifiesFixed(signed, Base64Url.DecodeFromChars(Text(envelope.RootElement, "signature") ?? ""), hash))
            return CheckedSignature.No(signature.Form, "Its certificate's key did not make it.");
        return CertificateTrust.Refusal(chain, rules, firstSeen) is { } why
            ? CheckedSignature.No(signature.Form, why)
            : new(CertificateTrust.Signer(chain[0]), CertificateTrust.Name(chain[0]));
    }

    /// <summary>The key decides which algorithm may be named (signature-specification.md, "Signature Algorithm Requirements"); never none or a MAC.</summary>
    private static HashAlgorithmName? HashOf(string? algorithm, PublicKey key) => (algorithm, key.IsEllipticCurve, key.KeySize) switch
    {
        ("ES256", true, 256) or ("PS256", false, 2048) => HashAlgorithmName.SHA256,
        ("ES384", true, 384) or ("PS384", false, 3072) => HashAlgorithmName.SHA384,
        ("ES512", true, 521) or ("PS512", false, 4096) => HashAlgorithmName.SHA512,
        _ => null,
    };
}
