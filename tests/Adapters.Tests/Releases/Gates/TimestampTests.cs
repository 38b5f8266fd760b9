using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using IoTBackend.Core.Releases.Evidence.Signatures;
using Local.Tests.ContainerRegistry;

namespace Adapters.Tests.Releases.Gates;

/// <summary>Signatures whose certificate lived ten minutes, stamped by openssl's time-stamp authority, looked at a day later.</summary>
public sealed class TimestampTests : IDisposable
{
    private const string Digest = "sha256:136042fae6cadcd8d1cf28a98c06cfefc6ea97c39b06175690c72b18091e3b46";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stamps");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _key.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("notation", "true", null)]
    [InlineData("notation", "none", "Its certificate is not trusted: NotTimeValid.")]
    [InlineData("notation", "of another signature", "Its certificate is not trusted: NotTimeValid.")]
    [InlineData("notation", "of another authority", "Its certificate is not trusted: NotTimeValid.")]
    [InlineData("notation", "nobody's who counts", "Its certificate is not trusted: NotTimeValid.")]
    [InlineData("notation", "no stamp at all", "It is malformed.")]
    [InlineData("bundle", "true", null)]
    [InlineData("bundle", "none", "No log entry and no time stamp dates it.")]
    [InlineData("bundle", "of another signature", "No log entry and no time stamp dates it.")]
    [InlineData("bundle", "of another authority", "No log entry and no time stamp dates it.")]
    [InlineData("bundle", "nobody's who counts", "No log entry dates it.")]
    [InlineData("bundle", "no stamp at all", "It is malformed.")]
    [InlineData("bundle", "before the certificate", "Its certificate is not trusted: NotTimeValid.")]
    public async Task A_certificate_that_has_expired_counts_when_an_authority_stamped_the_signature_before(string form, string stamped, string? refusal)
    {
        var now = DateTimeOffset.UtcNow;
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=root", rootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = request.CreateSelfSigned(now.AddYears(-1), now.AddYears(1));
        using var leaf = Leaf(root, rootKey, stamped == "before the certificate" ? now.AddHours(1) : now.AddMinutes(-5));
        var trusted = await AuthorityAsync("tsa");
        if (stamped == "of another authority")
            await AuthorityAsync("other");

        var header = Base64Url.EncodeToString("""{"alg":"ES256","cty":"application/vnd.cncf.notary.payload.v1+json","crit":["io.cncf.notary.signingScheme"],"io.cncf.notary.signingScheme":"notary.x509"}"""u8);
        var payload = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$$"""{"targetArtifact":{"digest":"{{{Digest}}}"}}"""));
        var signature = form == "notation" ? _key.SignData(Encoding.ASCII.GetBytes($"{header}.{payload}"), HashAlgorithmName.SHA256)
            : _key.SignHash(Convert.FromHexString(Digest[7..]), DSASignatureFormat.Rfc3279DerSequence);
        var stamp = stamped switch
        {
            "none" => null,
            "no stamp at all" => [1, 2, 3],
            "of another signature" => await StampAsync("tsa", [.. signature, 0], form == "notation"),
            "of another authority" => await StampAsync("other", signature, form == "notation"),
            _ => await StampAsync("tsa", signature, form == "notation"),
        };
        var rules = new SignatureRules { Roots = [root.ExportCertificatePem()], Timestamps = stamped == "nobody's who counts" ? [] : [trusted] };
        var made = form == "notation" ? Jws(header, payload, signature, leaf, stamp) : Bundle(signature, leaf, stamp);
        Assert.Equal(refusal, SignatureChecks.Check(made, Digest, rules, now.AddDays(1)).Refusal);
    }

    private static Signature Jws(string header, string payload, byte[] signature, X509Certificate2 leaf, byte[]? stamp)
    {
        var beside = new Dictionary<string, object> { ["x5c"] = new[] { leaf.RawData } };
        if (stamp is not null)
            beside["io.cncf.notary.timestampSignature"] = stamp;
        return new(SignatureForm.NotationJws, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["protected"] = header,
            ["payload"] = payload,
            ["header"] = beside,
            ["signature"] = Base64Url.EncodeToString(signature),
        }), Digest);
    }

    private static Signature Bundle(byte[] signature, X509Certificate2 leaf, byte[]? stamp) => new(SignatureForm.SigstoreBundle, JsonSerializer.SerializeToUtf8Bytes(new
    {
        mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json",
        verificationMaterial = new
        {
            certificate = new { rawBytes = leaf.RawData },
            timestampVerificationData = new { rfc3161Timestamps = stamp is null ? [] : new[] { new { signedTimestamp = stamp } } },
        },
        messageSignature = new { messageDigest = new { algorithm = "SHA2_256", digest = Convert.FromHexString(Digest[7..]) }, signature },
    }), Digest);

    private X509Certificate2 Leaf(X509Certificate2 root, ECDsa rootKey, DateTimeOffset from)
    {
        var request = new CertificateRequest("CN=release", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.3")], false));
        return request.Create(root.SubjectName, X509SignatureGenerator.CreateForECDsa(rootKey), from, from.AddMinutes(10), [1, 2, 3]);
    }

    /// <summary>Its root, PEM.</summary>
    private async Task<string> AuthorityAsync(string name)
    {
        await SslAsync("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", $"/CN={name} root", "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", At($"{name}-root.key"), "-out", At($"{name}-root.pem"));
        await SslAsync("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", $"/CN={name}", "-keyout", At($"{name}.key"), "-out", At($"{name}.csr"));
        await File.WriteAllTextAsync(At("use.cnf"), "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n");
        await SslAsync("x509", "-req", "-in", At($"{name}.csr"), "-CA", At($"{name}-root.pem"), "-CAkey", At($"{name}-root.key"), "-CAcreateserial", "-days", "10", "-extfile", At("use.cnf"), "-out", At($"{name}.pem"));
        return await File.ReadAllTextAsync(At($"{name}-root.pem"));
    }

    private async Task<byte[]> StampAsync(string authority, byte[] signature, bool tokenOnly)
    {
        await File.WriteAllBytesAsync(At("signature"), signature);
        await File.WriteAllTextAsync(At("tsa.cnf"), $"[tsa]\ndefault_tsa=here\n[here]\nserial={At("serial")}\ndefault_policy=1.2.3.4\nsigner_digest=sha256\ndigests=sha256,sha384,sha512\ness_cert_id_alg=sha256\n");
        await SslAsync("ts", "-query", "-data", At("signature"), "-sha256", "-cert", "-out", At("query"));
        string[] reply = ["ts", "-reply", "-config", At("tsa.cnf"), "-queryfile", At("query"), "-signer", At($"{authority}.pem"), "-inkey", At($"{authority}.key"), "-out", At("stamp")];
        await SslAsync(tokenOnly ? [.. reply, "-token_out"] : reply);
        return await File.ReadAllBytesAsync(At("stamp"));
    }

    private static Task<string> SslAsync(params string[] arguments) => RegistryProcess.RunAsync("openssl", arguments);

    private string At(string file) => Path.Combine(_folder.FullName, file);
}
