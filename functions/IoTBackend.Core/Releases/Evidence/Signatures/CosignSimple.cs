using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>sigstore/cosign, specs/SIGNATURE_SPEC.md: the signature is over the payload's bytes, and the payload says which image is meant.</summary>
internal static class CosignSimple
{
    private const int MaxChain = 5;

    private const string Type = "cosign container image signature";

    public static CheckedSignature Check(Signature signature, string digest, SignatureRules rules, DateTimeOffset firstSeen)
    {
        using var json = JsonDocument.Parse(signature.Content);
        var critical = JsonReading.Object(json.RootElement, "critical");
        if (JsonReading.Text(critical, "type") != Type)
            return CheckedSignature.No(signature.Form, "Its payload is of another type.");
        // The specification writes it with a capital, cosign without.
        var named = JsonReading.Object(critical, "image")?.EnumerateObject()
            .Where(p => "docker-manifest-digest".Equals(JsonReading.NameOf(p), StringComparison.OrdinalIgnoreCase)).Select(p => JsonReading.Text(p.Value)).ToList() ?? [];
        if (named is not [{ } only] || only != digest)
            return CheckedSignature.No(signature.Form, "It is over another image.");
        var bytes = Convert.FromBase64String(signature.Detached ?? "");
        return SignatureChecks.ByKey(rules, firstSeen, key => key.Verifies(signature.Content.Span, bytes))
            ?? (signature.Certified is { } certified ? ByCertificate(signature, certified, bytes, rules) : CheckedSignature.No(signature.Form, "No key that counts made it."));
    }

    private static CheckedSignature ByCertificate(Signature signature, CosignCertificate certified, byte[] bytes, SignatureRules rules)
    {
        using var entry = JsonDocument.Parse(certified.Entry ?? "{}");
        var above = new X509Certificate2Collection();
        above.ImportFromPem(certified.ChainPem ?? "");
        var content = new SignedContent(SHA256.HashData(signature.Content.Span), bytes, IsStatement: false);
        return CertifiedSignature.Check(
            signature.Form, [X509Certificate2.CreateFromPem(certified.Pem), .. above.Take(MaxChain)], [LoggedEntry.OfCosign(entry.RootElement)], proofNeeded: false,
            content, key => key.Verifies(signature.Content.Span, bytes), rules);
    }
}
