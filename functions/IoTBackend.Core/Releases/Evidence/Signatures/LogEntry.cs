using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>
/// An entry of a transparency log (sigstore/rekor, types hashedrekord 0.0.1, dsse 0.0.1 and intoto 0.0.2): the log's signature over it says when
/// just this signature and certificate were seen.
/// </summary>
internal static class LogEntry
{
    /// <summary>Null = it dates something else, or no log that counts made it.</summary>
    /// <param name="proofNeeded">It has to be shown that the entry is in the log; without that a proof that is there has to hold all the same.</param>
    public static DateTimeOffset? TimeOf(LoggedEntry entry, bool proofNeeded, SignedContent content, X509Certificate2 certificate, SignatureRules rules)
    {
        var log = Convert.ToHexStringLower(entry.Log);
        // RFC 8785 of the four members, as Rekor signs them.
        var signed = Encoding.UTF8.GetBytes($$"""{"body":"{{entry.Body}}","integratedTime":{{entry.Time}},"logID":"{{log}}","logIndex":{{entry.Index}}}""");
        var (promise, body) = (Convert.FromBase64String(entry.Promise), Convert.FromBase64String(entry.Body));
        var known = rules.Logs.Any(pem =>
        {
            using var key = PublicKey.Read(pem);
            return key is not null && key.Id == log && key.Verifies(signed, promise) && (entry.Proof is { } proof ? InclusionProof.Holds(proof, body, key) : !proofNeeded);
        });
        return known && IsAbout(body, content, certificate) ? DateTimeOffset.FromUnixTimeSeconds(entry.Time) : null;
    }

    private static bool IsAbout(byte[] body, SignedContent content, X509Certificate2 certificate)
    {
        using var json = JsonDocument.Parse(body);
        var spec = Object(json.RootElement, "spec");
        var hash = Convert.ToHexStringLower(content.IsStatement ? SHA256.HashData(content.Signed) : content.Signed);
        switch (Text(json.RootElement, "kind"))
        {
            case "hashedrekord" when !content.IsStatement:
                var signature = Object(spec, "signature");
                return Text(Object(Object(spec, "data"), "hash"), "value") == hash
                    && Same(Text(signature, "content"), content.Signature) && IsCertificate(Text(Object(signature, "publicKey"), "content"), certificate);
            case "dsse" when content.IsStatement:
                return Text(Object(spec, "payloadHash"), "value") == hash && Items(spec, "signatures") is [var one]
                    && Same(Text(one, "signature"), content.Signature) && IsCertificate(Text(one, "verifier"), certificate);
            case "intoto" when content.IsStatement:
                var inner = Object(spec, "content");
                return Text(Object(inner, "payloadHash"), "value") == hash && Items(Object(inner, "envelope"), "signatures") is [var signer]
                    && Text(signer, "sig") is { } twice && Same(Encoding.ASCII.GetString(Convert.FromBase64String(twice)), content.Signature)
                    && IsCertificate(Text(signer, "publicKey"), certificate);
            default:
                return false;
        }
    }

    private static bool Same(string? base64, byte[] expected) => base64 is not null && Convert.FromBase64String(base64).AsSpan().SequenceEqual(expected);

    private static bool IsCertificate(string? base64, X509Certificate2 certificate) => base64 is not null
        && SignatureRules.ReadCertificate(Encoding.ASCII.GetString(Convert.FromBase64String(base64))) is { } logged && logged.RawData.AsSpan().SequenceEqual(certificate.RawData);
}
