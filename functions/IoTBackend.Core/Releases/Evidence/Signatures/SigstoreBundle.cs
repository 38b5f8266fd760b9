using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>
/// sigstore/protobuf-specs, sigstore_bundle.proto; sigstore/cosign, specs/BUNDLE_SPEC.md. Either a statement in a DSSE envelope
/// (secure-systems-lab/dsse, protocol.md) or a signature over the image's digest; made by a key, or by a certificate that a transparency log dates.
/// </summary>
internal static class SigstoreBundle
{
    private const string Statement = "application/vnd.in-toto+json";

    /// <summary>The first version of bundles had the log's promise only.</summary>
    private const string WithoutProofs = ";version=0.1";

    /// <summary>Other statements (a scan, an SBOM) are signed too, and say nothing about whether the image may go out.</summary>
    private const string SignPredicate = "https://sigstore.dev/cosign/sign/v1";

    public static CheckedSignature Check(Signature signature, string digest, SignatureRules rules, DateTimeOffset firstSeen)
    {
        using var json = JsonDocument.Parse(signature.Content);
        var root = json.RootElement;
        if (Text(root, "mediaType") is not { } type || !type.StartsWith("application/vnd.dev.sigstore.bundle", StringComparison.Ordinal))
            return CheckedSignature.No(signature.Form, "It is no sigstore bundle.");
        var hash = Convert.FromHexString(digest["sha256:".Length..]);
        Func<PublicKey, bool> made;
        SignedContent content;
        if (Object(root, "dsseEnvelope") is { } envelope)
        {
            var payload = Convert.FromBase64String(Text(envelope, "payload") ?? "");
            if (Text(envelope, "payloadType") != Statement || Items(envelope, "signatures") is not [var one] || Text(one, "sig") is not { } sig)
                return CheckedSignature.No(signature.Form, "Its envelope holds no single signed statement.");
            if (Names(payload, digest) is { } why)
                return CheckedSignature.No(signature.Form, why);
            var bytes = Convert.FromBase64String(sig);
            var signed = Dsse(Statement, payload);
            made = key => key.Verifies(signed, bytes);
            content = new(payload, bytes, IsStatement: true);
        }
        else if (Object(root, "messageSignature") is { } message)
        {
            var named = Object(message, "messageDigest");
            if (Text(named, "algorithm") != "SHA2_256" || !Convert.FromBase64String(Text(named, "digest") ?? "").AsSpan().SequenceEqual(hash))
                return CheckedSignature.No(signature.Form, "It is over another image.");
            var bytes = Convert.FromBase64String(Text(message, "signature") ?? "");
            made = key => key.VerifiesHash(hash, bytes);
            content = new(hash, bytes, IsStatement: false);
        }
        else
        {
            return CheckedSignature.No(signature.Form, "It holds no signature.");
        }

        var material = Object(root, "verificationMaterial");
        var certificates = Certificates(material);
        return certificates.Count == 0
            ? SignatureChecks.ByKey(rules, firstSeen, made) ?? CheckedSignature.No(signature.Form, "No key that counts made it.")
            : CertifiedSignature.Check(
                signature.Form, certificates, (Items(material, "tlogEntries") ?? []).Select(LoggedEntry.OfBundle), !type.EndsWith(WithoutProofs, StringComparison.Ordinal), content, made, rules,
                (Items(Object(material, "timestampVerificationData"), "rfc3161Timestamps") ?? []).Select(t => Convert.FromBase64String(Text(t, "signedTimestamp") ?? "")));
    }

    private static List<X509Certificate2> Certificates(JsonElement? material)
    {
        var raw = Text(Object(material, "certificate"), "rawBytes") is { } leaf ? [leaf]
            : (Items(Object(material, "x509CertificateChain"), "certificates") ?? []).Take(5).Select(c => Text(c, "rawBytes") ?? "").ToArray();
        return [.. raw.Select(r => X509CertificateLoader.LoadCertificate(Convert.FromBase64String(r)))];
    }

    /// <summary>Null = the statement is a signature of just this image.</summary>
    private static string? Names(byte[] statement, string digest)
    {
        using var json = JsonDocument.Parse(statement);
        var root = json.RootElement;
        if (Text(root, "_type") is not ("https://in-toto.io/Statement/v1" or "https://in-toto.io/Statement/v0.1"))
            return "It signs no statement.";
        if (Text(root, "predicateType") != SignPredicate)
            return "It signs a statement of another kind.";
        var subjects = Items(root, "subject") ?? [];
        return subjects.Count == 1 && $"sha256:{Text(Object(subjects[0], "digest"), "sha256")}" == digest ? null : "It is over another image.";
    }

    /// <summary>Pre-authentication encoding; lengths count bytes.</summary>
    private static byte[] Dsse(string type, byte[] payload) =>
        [.. Encoding.ASCII.GetBytes($"DSSEv1 {type.Length} {type} {payload.Length} "), .. payload];
}

/// <param name="Signed">The statement, or the image's digest.</param>
internal readonly record struct SignedContent(byte[] Signed, byte[] Signature, bool IsStatement);
