using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Core.Tests.Releases.Evidence;

/// <summary>What sigstore makes where nobody keeps a key: certificates that live ten minutes, and a log that dates them.</summary>
internal static class Keyless
{
    internal static readonly DateTimeOffset Seen = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    internal static JsonObject MessageBundle(string digest, ECDsa key, X509Certificate2 leaf, ECDsa log, DateTimeOffset time, bool logged)
    {
        var hash = Convert.FromHexString(digest[7..]);
        var signature = key.SignHash(hash, DSASignatureFormat.Rfc3279DerSequence);
        var entry = logged ? signature : key.SignHash(hash, DSASignatureFormat.Rfc3279DerSequence);
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            apiVersion = "0.0.1",
            kind = "hashedrekord",
            spec = new { data = new { hash = new { algorithm = "sha256", value = digest[7..] } }, signature = new { content = Convert.ToBase64String(entry), publicKey = new { content = Convert.ToBase64String(Encoding.ASCII.GetBytes(leaf.ExportCertificatePem())) } } },
        });
        return Bundle(leaf, Entry(log, body, time), "messageSignature", new JsonObject
        {
            ["messageDigest"] = new JsonObject { ["algorithm"] = "SHA2_256", ["digest"] = Convert.ToBase64String(hash) },
            ["signature"] = Convert.ToBase64String(signature),
        });
    }

    internal static JsonObject StatementBundle(string digest, ECDsa key, X509Certificate2 leaf, ECDsa log, DateTimeOffset time)
    {
        const string type = "application/vnd.in-toto+json";
        var payload = JsonSerializer.SerializeToUtf8Bytes(new
        {
            _type = "https://in-toto.io/Statement/v1",
            subject = new[] { new { name = "", digest = new { sha256 = digest[7..] } } },
            predicateType = "https://sigstore.dev/cosign/sign/v1",
        });
        byte[] signed = [.. Encoding.ASCII.GetBytes($"DSSEv1 {type.Length} {type} {payload.Length} "), .. payload];
        var signature = key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            apiVersion = "0.0.1",
            kind = "dsse",
            spec = new { payloadHash = new { algorithm = "sha256", value = Convert.ToHexStringLower(SHA256.HashData(payload)) }, signatures = new[] { new { signature = Convert.ToBase64String(signature), verifier = Convert.ToBase64String(Encoding.ASCII.GetBytes(leaf.ExportCertificatePem())) } } },
        });
        return Bundle(leaf, Entry(log, body, time), "dsseEnvelope", new JsonObject
        {
            ["payload"] = Convert.ToBase64String(payload),
            ["payloadType"] = type,
            ["signatures"] = new JsonArray(new JsonObject { ["sig"] = Convert.ToBase64String(signature) }),
        });
    }

    private static JsonObject Bundle(X509Certificate2 leaf, JsonObject entry, string content, JsonObject value) => new()
    {
        ["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.3+json",
        ["verificationMaterial"] = new JsonObject { ["certificate"] = new JsonObject { ["rawBytes"] = Convert.ToBase64String(leaf.RawData) }, ["tlogEntries"] = new JsonArray(entry) },
        [content] = value,
    };

    private static JsonObject Entry(ECDsa log, byte[] body, DateTimeOffset time)
    {
        var id = SHA256.HashData(log.ExportSubjectPublicKeyInfo());
        var (text, seconds) = (Convert.ToBase64String(body), time.ToUnixTimeSeconds());
        var signed = Encoding.UTF8.GetBytes($$"""{"body":"{{text}}","integratedTime":{{seconds}},"logID":"{{Convert.ToHexStringLower(id)}}","logIndex":7}""");
        return new()
        {
            ["logIndex"] = "7",
            ["logId"] = new JsonObject { ["keyId"] = Convert.ToBase64String(id) },
            ["integratedTime"] = $"{seconds}",
            ["canonicalizedBody"] = text,
            ["inclusionPromise"] = new JsonObject { ["signedEntryTimestamp"] = Convert.ToBase64String(log.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)) },
            ["inclusionProof"] = Proof(log, body),
        };
    }

    /// <summary>In a tree of 5 entries, of which it is the third.</summary>
    internal static JsonObject Proof(ECDsa log, byte[] body)
    {
        byte[][] leaves = [.. Enumerable.Range(0, 5).Select(i => SHA256.HashData([0, .. i == 2 ? body : [(byte)i]]))];
        var (left, right) = (Node(leaves[0], leaves[1]), Node(leaves[2], leaves[3]));
        var root = Convert.ToBase64String(Node(Node(left, right), leaves[4]));
        var note = Encoding.UTF8.GetBytes($"log.example - 1\n5\n{root}\n");
        byte[] signature = [.. SHA256.HashData(log.ExportSubjectPublicKeyInfo()).AsSpan(0, 4), .. log.SignData(note, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)];
        return new()
        {
            ["logIndex"] = "2",
            ["treeSize"] = "5",
            ["rootHash"] = root,
            ["hashes"] = new JsonArray([.. new[] { leaves[3], left, leaves[4] }.Select(h => JsonValue.Create(Convert.ToBase64String(h)))]),
            ["checkpoint"] = new JsonObject { ["envelope"] = $"{Encoding.UTF8.GetString(note)}\n\u2014 log.example {Convert.ToBase64String(signature)}\n" },
        };

        static byte[] Node(byte[] left, byte[] right) => SHA256.HashData([1, .. left, .. right]);
    }

    internal static X509Certificate2 Authority(string name, out ECDsa key)
    {
        key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(Seen.AddYears(-1), Seen.AddYears(5));
    }

    /// <summary>As Fulcio makes them: ten minutes of life, no subject, an e-mail address and who vouched for it.</summary>
    internal static X509Certificate2 Leaf(ECDsa key, X509Certificate2 authority, ECDsa authorityKey, bool codeSigning)
    {
        var request = new CertificateRequest("", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(codeSigning ? "1.3.6.1.5.5.7.3.3" : "1.3.6.1.5.5.7.3.1")], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress("ci@example.com");
        request.CertificateExtensions.Add(names.Build());
        var issuer = new AsnWriter(AsnEncodingRules.DER);
        issuer.WriteCharacterString(UniversalTagNumber.UTF8String, "https://issuer.example.com");
        request.CertificateExtensions.Add(new X509Extension("1.3.6.1.4.1.57264.1.8", issuer.Encode(), false));
        return request.Create(authority.SubjectName, X509SignatureGenerator.CreateForECDsa(authorityKey), Seen, Seen.AddMinutes(10), [1, 2, 3]);
    }

    /// <summary>As cosign files it beside a signature.</summary>
    internal static string CosignEntry(ECDsa log, X509Certificate2 leaf, byte[] payload, byte[] signature)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            kind = "hashedrekord",
            spec = new { data = new { hash = new { value = Convert.ToHexStringLower(SHA256.HashData(payload)) } }, signature = new { content = Convert.ToBase64String(signature), publicKey = new { content = Convert.ToBase64String(Encoding.ASCII.GetBytes(leaf.ExportCertificatePem())) } } },
        });
        return JsonSerializer.Serialize(new
        {
            SignedEntryTimestamp = (string)Entry(log, body, Seen.AddMinutes(5))["inclusionPromise"]!["signedEntryTimestamp"]!,
            Payload = new { body = Convert.ToBase64String(body), integratedTime = Seen.AddMinutes(5).ToUnixTimeSeconds(), logIndex = 7, logID = Convert.ToHexStringLower(SHA256.HashData(log.ExportSubjectPublicKeyInfo())) },
        });
    }
}
