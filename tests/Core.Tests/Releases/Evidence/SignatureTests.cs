using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using IoTBackend.Core.Releases.Evidence.Signatures;

namespace Core.Tests.Releases.Evidence;

/// <summary>The sample signatures (made with openssl's and Python's cryptography), and a log and a CA of our own.</summary>
public sealed class SignatureTests
{
    private const string Digest = "sha256:136042fae6cadcd8d1cf28a98c06cfefc6ea97c39b06175690c72b18091e3b46";
    private const string ArmDigest = "sha256:e25c31070000000000000000000000000000000000000000000000000000dead";

    private static readonly DateTimeOffset Seen = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private static readonly SignatureRules Keyed = new() { Keys = [new(Text("cosign.pub"))] };

    private static readonly SignatureRules Rooted = new() { Roots = [Text("notation-root.pem")] };

    [Theory]
    [InlineData("cosign")]
    [InlineData("bundle")]
    [InlineData("notation")]
    public void A_true_signature_counts(string form) => Assert.NotNull(Check(form, Digest).Signer);

    [Theory]
    [InlineData("cosign")]
    [InlineData("bundle")]
    [InlineData("notation")]
    public void A_true_signature_over_another_image_counts_for_nothing(string form) =>
        Assert.Equal("It is over another image.", Check(form, ArmDigest).Refusal);

    [Fact]
    public void A_replayed_signature_counts_for_nothing()
    {
        var manifest = Json("cosign-simple-replay-manifest.json");
        var replay = new Signature(SignatureForm.CosignSimple, Bytes("cosign-simple-replay-payload.json"), Digest, Detached(manifest));
        var filedUnder = "sha256:e25c3107" + new string('0', 56);
        Assert.Null(SignatureChecks.Check(replay, filedUnder, Keyed, Seen).Signer);
        Assert.Null(SignatureChecks.Check(replay, Digest, Keyed, Seen).Signer);
    }

    [Fact]
    public void Somebody_else_s_key_or_root_is_not_enough()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var keys = new SignatureRules { Keys = [new(other.ExportSubjectPublicKeyInfoPem())], Roots = [Authority("CN=fleet-test root", out _).ExportCertificatePem()] };
        Assert.All(new[] { "cosign", "bundle", "notation" }, form => Assert.Null(SignatureChecks.Check(Sample(form), Digest, keys, Seen).Signer));
    }

    [Theory]
    [InlineData(-2, -1, false)]
    [InlineData(-1, 1, true)]
    [InlineData(0, 1, true)]
    [InlineData(-1, 0, false)]
    [InlineData(1, 2, false)]
    public void A_key_counts_for_images_first_seen_between_its_dates(int from, int until, bool counts)
    {
        var rules = new SignatureRules { Keys = [new(Text("cosign.pub"), Seen.AddDays(from), Seen.AddDays(until))] };
        Assert.Equal(counts, SignatureChecks.Check(Sample("bundle"), Digest, rules, Seen).Signer is not null);
    }

    [Theory]
    [InlineData("CN=release-signer", false)]
    [InlineData("CN=release-signer, O=Fleet Spike, S=Spike, C=GB", true)]
    public void Only_who_is_named_may_sign(string subject, bool counts)
    {
        var rules = Rooted with { Identities = [new(null, subject)] };
        Assert.Equal(counts, SignatureChecks.Check(Sample("notation"), Digest, rules, Seen).Signer is not null);
    }

    [Fact]
    public void A_certificate_is_judged_when_the_image_was_first_seen() =>
        Assert.Null(SignatureChecks.Check(Sample("notation"), Digest, Rooted, new(2037, 1, 1, 0, 0, 0, TimeSpan.Zero)).Signer);

    /// <summary>A thousand changed bytes in each: whatever still counts says and proves exactly what the original does.</summary>
    [Theory]
    [InlineData("cosign")]
    [InlineData("bundle")]
    [InlineData("notation")]
    public void No_damaged_signature_counts(string form)
    {
        var original = Sample(form);
        Gen.Select(Gen.Int[0, original.Content.Length - 1], Gen.Byte[1, 255]).Sample((at, change) =>
        {
            var bytes = original.Content.ToArray();
            bytes[at] ^= change;
            var changed = SignatureChecks.Check(original with { Content = bytes }, Digest, form == "notation" ? Rooted : Keyed, Seen);
            if (changed.Signer is not null)
                Assert.Equal(Essence(form, original.Content), Essence(form, bytes));
        }, iter: 1000);
    }

    [Fact]
    public void Any_bytes_are_refused_and_never_an_error() =>
        Gen.Select(Gen.Int[0, 3], Gen.Byte.Array).Sample((form, bytes) =>
            Assert.Null(SignatureChecks.Check(new((SignatureForm)form, bytes, Digest, "AAAA"), Digest, Keyed with { Roots = Rooted.Roots }, Seen).Signer), iter: 1000);

    [Theory]
    [InlineData("good", true)]
    [InlineData("statement", true)]
    [InlineData("other log", false)]
    [InlineData("entry of another signature", false)]
    [InlineData("after the certificate's life", false)]
    [InlineData("other issuer", false)]
    [InlineData("no entry", false)]
    [InlineData("no proof", false)]
    [InlineData("no proof, as the first version had none", true)]
    [InlineData("a proof of another entry", false)]
    [InlineData("a checkpoint of another log", false)]
    [InlineData("not for signing code", false)]
    public void A_short_lived_certificate_counts_when_a_log_dates_it(string what, bool counts)
    {
        using var authority = Authority("CN=fulcio", out var authorityKey);
        using var log = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = Leaf(key, authority, authorityKey, codeSigning: what != "not for signing code");
        var time = what == "after the certificate's life" ? Seen.AddHours(1) : Seen.AddMinutes(5);
        var bundle = what == "statement" ? StatementBundle(key, leaf, log, time) : MessageBundle(key, leaf, what == "other log" ? stranger : log, time, logged: what != "entry of another signature");
        if (what == "no entry")
            bundle["verificationMaterial"]!["tlogEntries"] = new JsonArray();
        var logged = bundle["verificationMaterial"]!["tlogEntries"]!.AsArray().FirstOrDefault()?.AsObject();
        if (what.StartsWith("no proof", StringComparison.Ordinal))
            logged!.Remove("inclusionProof");
        if (what == "no proof, as the first version had none")
            bundle["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1";
        if (what == "a proof of another entry")
            logged!["inclusionProof"] = Proof(log, "{}"u8.ToArray());
        if (what == "a checkpoint of another log")
            logged!["inclusionProof"] = Proof(stranger, Convert.FromBase64String((string)logged["canonicalizedBody"]!));
        var rules = new SignatureRules
        {
            Roots = [authority.ExportCertificatePem()],
            Logs = [log.ExportSubjectPublicKeyInfoPem()],
            Identities = [new(what == "other issuer" ? "https://evil.example.com" : "https://issuer.example.com", "ci@example.com")],
        };
        var check = SignatureChecks.Check(new(SignatureForm.SigstoreBundle, Encoding.UTF8.GetBytes(bundle.ToJsonString()), Digest), Digest, rules, Seen.AddYears(3));
        Assert.Equal(counts, check.Signer is not null);
        if (counts)
            Assert.Contains("ci@example.com", check.Name, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("good", true)]
    [InlineData("no entry", false)]
    [InlineData("another image", false)]
    [InlineData("other issuer", false)]
    public void What_cosign_signs_without_a_key_counts_by_its_certificate_and_the_log_that_dates_it(string what, bool counts)
    {
        using var authority = Authority("CN=fulcio", out var authorityKey);
        using var log = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = Leaf(key, authority, authorityKey, codeSigning: true);
        var payload = Encoding.UTF8.GetBytes($$$"""{"critical":{"image":{"docker-manifest-digest":"{{{(what == "another image" ? ArmDigest : Digest)}}}"},"type":"cosign container image signature"}}""");
        var signature = key.SignData(payload, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            kind = "hashedrekord",
            spec = new { data = new { hash = new { value = Convert.ToHexStringLower(SHA256.HashData(payload)) } }, signature = new { content = Convert.ToBase64String(signature), publicKey = new { content = Convert.ToBase64String(Encoding.ASCII.GetBytes(leaf.ExportCertificatePem())) } } },
        });
        var entry = Entry(log, body, Seen.AddMinutes(5));
        var promise = new
        {
            SignedEntryTimestamp = (string)entry["inclusionPromise"]!["signedEntryTimestamp"]!,
            Payload = new { body = Convert.ToBase64String(body), integratedTime = Seen.AddMinutes(5).ToUnixTimeSeconds(), logIndex = 7, logID = Convert.ToHexStringLower(SHA256.HashData(log.ExportSubjectPublicKeyInfo())) },
        };
        var rules = new SignatureRules
        {
            Roots = [authority.ExportCertificatePem()],
            Logs = [log.ExportSubjectPublicKeyInfoPem()],
            Identities = [new(what == "other issuer" ? "https://evil.example.com" : "https://issuer.example.com", "ci@example.com")],
        };
        var certified = new CosignCertificate(leaf.ExportCertificatePem(), authority.ExportCertificatePem(), what == "no entry" ? null : JsonSerializer.Serialize(promise));
        var check = SignatureChecks.Check(new(SignatureForm.CosignSimple, payload, Digest, Convert.ToBase64String(signature), certified), Digest, rules, Seen.AddYears(3));
        Assert.True(counts == check.Signer is not null, check.Refusal);
    }

    private static JsonObject MessageBundle(ECDsa key, X509Certificate2 leaf, ECDsa log, DateTimeOffset time, bool logged)
    {
        var hash = Convert.FromHexString(Digest[7..]);
        var signature = key.SignHash(hash, DSASignatureFormat.Rfc3279DerSequence);
        var entry = logged ? signature : key.SignHash(hash, DSASignatureFormat.Rfc3279DerSequence);
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            apiVersion = "0.0.1",
            kind = "hashedrekord",
            spec = new { data = new { hash = new { algorithm = "sha256", value = Digest[7..] } }, signature = new { content = Convert.ToBase64String(entry), publicKey = new { content = Convert.ToBase64String(Encoding.ASCII.GetBytes(leaf.ExportCertificatePem())) } } },
        });
        return Bundle(leaf, Entry(log, body, time), "messageSignature", new JsonObject
        {
            ["messageDigest"] = new JsonObject { ["algorithm"] = "SHA2_256", ["digest"] = Convert.ToBase64String(hash) },
            ["signature"] = Convert.ToBase64String(signature),
        });
    }

    private static JsonObject StatementBundle(ECDsa key, X509Certificate2 leaf, ECDsa log, DateTimeOffset time)
    {
        const string type = "application/vnd.in-toto+json";
        var payload = JsonSerializer.SerializeToUtf8Bytes(new
        {
            _type = "https://in-toto.io/Statement/v1",
            subject = new[] { new { name = "", digest = new { sha256 = Digest[7..] } } },
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
    private static JsonObject Proof(ECDsa log, byte[] body)
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

    private static X509Certificate2 Authority(string name, out ECDsa key)
    {
        key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(Seen.AddYears(-1), Seen.AddYears(5));
    }

    /// <summary>As Fulcio makes them: ten minutes of life, no subject, an e-mail address and who vouched for it.</summary>
    private static X509Certificate2 Leaf(ECDsa key, X509Certificate2 authority, ECDsa authorityKey, bool codeSigning)
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

    private static CheckedSignature Check(string form, string digest) => SignatureChecks.Check(Sample(form), digest, form == "notation" ? Rooted : Keyed, Seen);

    private static Signature Sample(string form) => form switch
    {
        "cosign" => new(SignatureForm.CosignSimple, Bytes("cosign-simple-payload.json"), Digest, Detached(Json("cosign-simple-manifest.json"))),
        "bundle" => new(SignatureForm.SigstoreBundle, Bytes("sigstore-bundle.json"), Digest),
        _ => new(SignatureForm.NotationJws, Bytes("notation-envelope.jws.json"), Digest),
    };

    /// <summary>What is signed, and the proof; the rest of an envelope is nobody's word.</summary>
    private static string Essence(string form, ReadOnlyMemory<byte> content)
    {
        if (form == "cosign")
            return Convert.ToBase64String(content.Span);
        var json = JsonDocument.Parse(content).RootElement;
        if (form == "notation")
            return $"{json.GetProperty("protected")}.{json.GetProperty("payload")}";
        return Convert.ToHexString(Convert.FromBase64String(json.GetProperty("dsseEnvelope").GetProperty("payload").GetString()!));
    }

    private static string Detached(JsonElement manifest) =>
        manifest.GetProperty("layers")[0].GetProperty("annotations").GetProperty("dev.cosignproject.cosign/signature").GetString()!;

    private static JsonElement Json(string file) => JsonDocument.Parse(Bytes(file)).RootElement;

    private static byte[] Bytes(string file) => Samples.Read($"signatures/{file}");

    private static string Text(string file) => Encoding.ASCII.GetString(Bytes(file));
}
