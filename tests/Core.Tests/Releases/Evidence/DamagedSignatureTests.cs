using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using IoTBackend.Core.Releases.Evidence.Signatures;

namespace Core.Tests.Releases.Evidence;

/// <summary>
/// Every signature among the samples, and those that certificates and a log stand behind: a thousand changed bytes in each part that says or proves
/// something (none may count), and in the whole (what counts all the same says and proves what it did).
/// </summary>
public sealed class DamagedSignatureTests
{
    private const string Digest = "sha256:136042fae6cadcd8d1cf28a98c06cfefc6ea97c39b06175690c72b18091e3b46";

    private static readonly Part Content = new((s, _) => s.Content.ToArray(), (s, r, bytes) => (s with { Content = bytes }, r));

    private static readonly Part Detached = new((s, _) => Convert.FromBase64String(s.Detached!), (s, r, bytes) => (s with { Detached = Convert.ToBase64String(bytes) }, r));

    private static readonly Part Key = new((_, r) => Der(r.Keys[0].Pem), (s, r, bytes) => (s, r with { Keys = [new(PemEncoding.WriteString("PUBLIC KEY", bytes))] })) { Meaning = KeyOf };

    /// <summary>Of a root what counts is its name and its key: nobody vouches for the rest.</summary>
    private static readonly Part Root = new((_, r) => Der(r.Roots[0]), (s, r, bytes) => (s, r with { Roots = [PemEncoding.WriteString("CERTIFICATE", bytes)] }))
    {
        Meaning = der => X509CertificateLoader.LoadCertificate(der) is var root ? [.. root.SubjectName.RawData, .. PublicKeyOf(root)] : [],
    };

    private static readonly Part Log = new((_, r) => Der(r.Logs[0]), (s, r, bytes) => (s, r with { Logs = [PemEncoding.WriteString("PUBLIC KEY", bytes)] })) { Meaning = KeyOf };

    private static readonly Part Certificate = new(
        (s, _) => Der(s.Certified!.Pem), (s, r, bytes) => (s with { Certified = s.Certified! with { Pem = PemEncoding.WriteString("CERTIFICATE", bytes) } }, r))
    { Meaning = CertificateOf };

    private static readonly Part CosignEntry = new(
        (s, _) => Encoding.UTF8.GetBytes(s.Certified!.Entry!), (s, r, bytes) => (s with { Certified = s.Certified! with { Entry = Encoding.UTF8.GetString(bytes) } }, r))
    {
        // The log's id is hexadecimal, in either case.
        Meaning = text => Encoding.UTF8.GetBytes(JsonNode.Parse(text) is { } entry && entry["Payload"] is { } said && (said["logID"] = ((string)said["logID"]!).ToLowerInvariant()) is not null ? entry.ToJsonString() : ""),
    };

    private static readonly Dictionary<string, Vector> Vectors = new()
    {
        ["cosign"] = new(Sampled(SignatureForm.CosignSimple, "cosign-simple-payload.json"), Keyed, new() { ["payload"] = Content, ["signature"] = Detached, ["key"] = Key }),
        ["bundle"] = new(Sampled(SignatureForm.SigstoreBundle, "sigstore-bundle.json"), Keyed, new()
        {
            ["whole"] = Content,
            ["payload"] = Base64("dsseEnvelope", "payload"),
            ["signature"] = Base64("dsseEnvelope", "signatures", "0", "sig"),
            ["key"] = Key,
        }),
        ["notation"] = new(Sampled(SignatureForm.NotationJws, "notation-envelope.jws.json"), new() { Roots = [Text("notation-root.pem")] }, new()
        {
            ["whole"] = Content,
            ["header"] = Base64Of("protected"),
            ["payload"] = Base64Of("payload"),
            ["signature"] = Base64Of("signature"),
            ["certificate"] = Base64("header", "x5c", "0") with { Meaning = CertificateOf },
            ["root"] = Root,
        }),
        ["certified message"] = Certified("message", Base64("messageSignature", "messageDigest", "digest"), Base64("messageSignature", "signature")),
        ["certified statement"] = Certified("statement", Base64("dsseEnvelope", "payload"), Base64("dsseEnvelope", "signatures", "0", "sig")),
        ["certified cosign"] = Certified("cosign", Content, Detached),
    };

    private static SignatureRules Keyed => new() { Keys = [new(Text("cosign.pub"))] };

    public static TheoryData<string, string> Parts => [.. Vectors.SelectMany(v => v.Value.Parts.Keys.Select(part => (v.Key, part)))];

    [Theory, MemberData(nameof(Parts))]
    public void No_damaged_part_counts(string vector, string part)
    {
        var (signature, rules, parts) = Vectors[vector];
        Assert.NotNull(SignatureChecks.Check(signature, Digest, rules, Keyless.Seen).Signer);
        var original = parts[part].Get(signature, rules);
        Gen.Select(Gen.Int[0, original.Length - 1], Gen.Byte[1, 255]).Sample((at, change) =>
        {
            var bytes = (byte[])original.Clone();
            bytes[at] ^= change;
            var (damaged, given) = parts[part].Set(signature, rules, bytes);
            if (SignatureChecks.Check(damaged, Digest, given, Keyless.Seen).Signer is not null)
                Assert.All(parts.Values.Where(p => p != Content), p => Assert.Equal(p.Meaning(p.Get(signature, rules)), p.Meaning(p.Get(damaged, given))));
        }, iter: 1000);
    }

    [Fact]
    public void Nothing_that_a_replayed_signature_is_changed_to_counts()
    {
        var replayed = Sampled(SignatureForm.CosignSimple, "cosign-simple-replay-payload.json");
        Gen.Select(Gen.Int[0, replayed.Content.Length - 1], Gen.Byte).Sample((at, change) =>
        {
            var bytes = replayed.Content.ToArray();
            bytes[at] ^= change;
            Assert.Null(SignatureChecks.Check(replayed with { Content = bytes }, Digest, Keyed, Keyless.Seen).Signer);
        }, iter: 1000);
    }

    [Fact]
    public void Every_sample_of_a_signature_is_one_of_these() => Assert.Equal(
        ["cosign-simple-payload.json", "cosign-simple-replay-payload.json", "notation-envelope.jws.json", "sigstore-bundle.json"],
        Samples.Names("signatures").Where(name => !name.EndsWith("manifest.json", StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal)));

    private static Vector Certified(string what, Part said, Part signed)
    {
        using var authority = Keyless.Authority("CN=fulcio", out var authorityKey);
        using var log = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = Keyless.Leaf(key, authority, authorityKey, codeSigning: true);
        authorityKey.Dispose();
        var rules = new SignatureRules { Roots = [authority.ExportCertificatePem()], Logs = [log.ExportSubjectPublicKeyInfoPem()], Identities = [new("https://issuer.example.com", "ci@example.com")] };
        var parts = new Dictionary<string, Part> { ["said"] = said, ["signature"] = signed, ["root"] = Root, ["log's key"] = Log };
        if (what == "cosign")
        {
            var payload = Samples.Read("signatures/cosign-simple-payload.json");
            var signature = key.SignData(payload, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
            (parts["certificate"], parts["entry"]) = (Certificate, CosignEntry);
            return new(
                new(SignatureForm.CosignSimple, payload, Digest, Convert.ToBase64String(signature), new(leaf.ExportCertificatePem(), null, Keyless.CosignEntry(log, leaf, payload, signature))), rules, parts);
        }

        var time = Keyless.Seen.AddMinutes(5);
        var bundle = what == "message" ? Keyless.MessageBundle(Digest, key, leaf, log, time, logged: true) : Keyless.StatementBundle(Digest, key, leaf, log, time);
        parts["whole"] = Content;
        parts["certificate"] = Base64("verificationMaterial", "certificate", "rawBytes") with { Meaning = CertificateOf };
        parts["entry"] = OfEntry("canonicalizedBody");
        parts["log"] = OfEntry("logId", "keyId");
        parts["promise"] = OfEntry("inclusionPromise", "signedEntryTimestamp");
        parts["proof's root"] = OfEntry("inclusionProof", "rootHash");
        for (var i = 0; i < 3; i++)
            parts[$"proof's hash {i}"] = OfEntry("inclusionProof", "hashes", $"{i}");
        return new(new(SignatureForm.SigstoreBundle, Encoding.UTF8.GetBytes(bundle.ToJsonString()), Digest), rules, parts);

        static Part OfEntry(params string[] path) => Base64(["verificationMaterial", "tlogEntries", "0", .. path]);
    }

    private static Part Base64(params string[] path) => At(path, Convert.FromBase64String, Convert.ToBase64String);

    /// <summary>As JWS writes it, for addresses.</summary>
    private static Part Base64Of(string name) => At([name], text => Base64Url.DecodeFromChars(text), bytes => Base64Url.EncodeToString(bytes));

    private static Part At(string[] path, Func<string, byte[]> read, Func<byte[], string> write) => new(
        (s, _) => read(Find(JsonDocument.Parse(s.Content).RootElement, path)),
        (s, r, bytes) =>
        {
            var root = JsonNode.Parse(s.Content.Span)!;
            var parent = path[..^1].Aggregate(root, (node, name) => node is JsonArray list ? list[int.Parse(name, null)]! : node[name]!);
            if (parent is JsonArray items)
                items[int.Parse(path[^1], null)] = write(bytes);
            else
                parent[path[^1]] = write(bytes);
            return (s with { Content = Encoding.UTF8.GetBytes(root.ToJsonString()) }, r);
        });

    private static string Find(JsonElement root, string[] path) =>
        path.Aggregate(root, (node, name) => node.ValueKind == JsonValueKind.Array ? node[int.Parse(name, null)] : node.GetProperty(name)).GetString()!;

    private static Signature Sampled(SignatureForm form, string file)
    {
        var manifest = file.Replace("payload", "manifest", StringComparison.Ordinal);
        return new(form, Samples.Read($"signatures/{file}"), Digest, form == SignatureForm.CosignSimple
            ? (string)JsonNode.Parse(Text(manifest))!["layers"]![0]!["annotations"]!["dev.cosignproject.cosign/signature"]! : null);
    }

    /// <summary>A point may be written in more than one way (SEC 1, 2.3.3).</summary>
    private static byte[] PublicKeyOf(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPublicKey();
        return key?.ExportSubjectPublicKeyInfo() ?? certificate.GetPublicKey();
    }

    /// <summary>However it is written.</summary>
    private static byte[] KeyOf(byte[] written)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(written, out _);
        return key.ExportSubjectPublicKeyInfo();
    }

    /// <summary>Without what stands behind it.</summary>
    private static byte[] CertificateOf(byte[] written) => X509CertificateLoader.LoadCertificate(written).RawData;

    private static byte[] Der(string pem) => Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);

    private static string Text(string file) => Encoding.UTF8.GetString(Samples.Read($"signatures/{file}"));

    /// <param name="Get">Its bytes.</param>
    /// <param name="Set">The same signature and rules with other bytes there.</param>
    private sealed record Part(Func<Signature, SignatureRules, byte[]> Get, Func<Signature, SignatureRules, byte[], (Signature, SignatureRules)> Set)
    {
        /// <summary>What of the bytes has to be the same.</summary>
        public Func<byte[], byte[]> Meaning { get; init; } = bytes => bytes;
    }

    private sealed record Vector(Signature Signature, SignatureRules Rules, Dictionary<string, Part> Parts);
}
