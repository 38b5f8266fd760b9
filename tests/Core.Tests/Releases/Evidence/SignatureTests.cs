using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using IoTBackend.Core.Releases.Evidence.Signatures;
using static Core.Tests.Releases.Evidence.Keyless;

namespace Core.Tests.Releases.Evidence;

/// <summary>The sample signatures (made with openssl's and Python's cryptography), and a log and a CA of our own.</summary>
public sealed class SignatureTests
{
    private const string Digest = "sha256:136042fae6cadcd8d1cf28a98c06cfefc6ea97c39b06175690c72b18091e3b46";
    private const string ArmDigest = "sha256:e25c31070000000000000000000000000000000000000000000000000000dead";

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
    [InlineData("P-256", "SHA256", "\n")]
    [InlineData("P-256", "SHA256", "\r\n")]
    [InlineData("P-384", "SHA256", "\n")]
    [InlineData("P-384", "SHA384", "\n")]
    [InlineData("P-521", "SHA512", "\r\n")]
    [InlineData("RSA", "SHA256", "\n")]
    [InlineData("RSA PKCS#1", "SHA256", "\r\n")]
    public void A_key_in_any_usual_form_counts(string form, string hash, string lineEnd)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(new { critical = new Dictionary<string, object> { ["type"] = "cosign container image signature", ["image"] = new Dictionary<string, object> { ["docker-manifest-digest"] = Digest } } });
        using AsymmetricAlgorithm key = form.StartsWith('R') ? RSA.Create(2048) : ECDsa.Create(ECCurve.CreateFromFriendlyName($"nist{form.Replace("-", "", StringComparison.Ordinal)}"));
        var signature = key is RSA rsa
            ? rsa.SignData(payload, new(hash), RSASignaturePadding.Pkcs1) : ((ECDsa)key).SignData(payload, new(hash), DSASignatureFormat.Rfc3279DerSequence);
        var pem = form == "RSA PKCS#1" ? ((RSA)key).ExportRSAPublicKeyPem() : key.ExportSubjectPublicKeyInfoPem();
        var rules = new SignatureRules { Keys = [new($"# of the release team\n{pem}\n".ReplaceLineEndings(lineEnd))] };
        Assert.Null(SignatureChecks.Check(new(SignatureForm.CosignSimple, payload, Digest, Convert.ToBase64String(signature)), Digest, rules, Seen).Refusal);
    }

    [Fact]
    public void A_key_on_a_curve_that_is_not_known_here_is_no_key()
    {
        var pem = Text("cosign.pub");
        var key = Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
        key[18] ^= 3;
        var rules = new SignatureRules { Keys = [new(PemEncoding.WriteString("PUBLIC KEY", key))] };
        Assert.Equal("No key that counts made it.", SignatureChecks.Check(Sample("cosign"), Digest, rules, Seen).Refusal);
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
        var bundle = what == "statement" ? StatementBundle(Digest, key, leaf, log, time) : MessageBundle(Digest, key, leaf, what == "other log" ? stranger : log, time, logged: what != "entry of another signature");
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
        var rules = new SignatureRules
        {
            Roots = [authority.ExportCertificatePem()],
            Logs = [log.ExportSubjectPublicKeyInfoPem()],
            Identities = [new(what == "other issuer" ? "https://evil.example.com" : "https://issuer.example.com", "ci@example.com")],
        };
        var certified = new CosignCertificate(leaf.ExportCertificatePem(), authority.ExportCertificatePem(), what == "no entry" ? null : CosignEntry(log, leaf, payload, signature));
        var check = SignatureChecks.Check(new(SignatureForm.CosignSimple, payload, Digest, Convert.ToBase64String(signature), certified), Digest, rules, Seen.AddYears(3));
        Assert.True(counts == check.Signer is not null, check.Refusal);
    }

    [Theory]
    [InlineData("with it", null)]
    [InlineData("in another order", null)]
    [InlineData("without it", "Its certificate is not trusted: PartialChain.")]
    [InlineData("of somebody who is no authority", "Its certificate is not trusted: InvalidBasicConstraints.")]
    [InlineData("of another root", "Its certificate is not trusted: NotSignatureValid.")]
    public void A_chain_through_an_authority_between_counts_with_it(string what, string? refusal)
    {
        using var root = Authority("CN=root", out var rootKey);
        using var other = Authority("CN=root", out var otherKey);
        using var betweenKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=between", betweenKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(what != "of somebody who is no authority", false, 0, true));
        using var between = request.Create(root.SubjectName, X509SignatureGenerator.CreateForECDsa(what == "of another root" ? otherKey : rootKey), Seen.AddDays(-1), Seen.AddYears(1), [4]);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = Leaf(key, between, betweenKey, codeSigning: true);
        var header = Encode("""{"alg":"ES256","cty":"application/vnd.cncf.notary.payload.v1+json","crit":["io.cncf.notary.signingScheme"],"io.cncf.notary.signingScheme":"notary.x509"}""");
        var payload = Encode($$$"""{"targetArtifact":{"digest":"{{{Digest}}}"}}""");
        X509Certificate2[] chain = what == "without it" ? [leaf, root] : what == "in another order" ? [leaf, root, between] : [leaf, between, root];
        var envelope = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["protected"] = header,
            ["payload"] = payload,
            ["header"] = new { x5c = chain.Select(c => Convert.ToBase64String(c.RawData)) },
            ["signature"] = Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes($"{header}.{payload}"), HashAlgorithmName.SHA256)),
        });
        Assert.Equal(refusal, SignatureChecks.Check(new(SignatureForm.NotationJws, envelope, Digest), Digest, new() { Roots = [root.ExportCertificatePem()] }, Seen.AddMinutes(1)).Refusal);

        static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
    }

    private static CheckedSignature Check(string form, string digest) => SignatureChecks.Check(Sample(form), digest, form == "notation" ? Rooted : Keyed, Seen);

    private static Signature Sample(string form) => form switch
    {
        "cosign" => new(SignatureForm.CosignSimple, Bytes("cosign-simple-payload.json"), Digest, Detached(Json("cosign-simple-manifest.json"))),
        "bundle" => new(SignatureForm.SigstoreBundle, Bytes("sigstore-bundle.json"), Digest),
        _ => new(SignatureForm.NotationJws, Bytes("notation-envelope.jws.json"), Digest),
    };

    private static string Detached(JsonElement manifest) =>
        manifest.GetProperty("layers")[0].GetProperty("annotations").GetProperty("dev.cosignproject.cosign/signature").GetString()!;

    private static JsonElement Json(string file) => JsonDocument.Parse(Bytes(file)).RootElement;

    private static byte[] Bytes(string file) => Samples.Read($"signatures/{file}");

    private static string Text(string file) => Encoding.ASCII.GetString(Bytes(file));
}
