using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Local.Tests.ContainerRegistry;

namespace Adapters.Tests.Releases.Gates;

/// <summary>Signatures as others make them: sigstore's own library (npm) with its mocks of Fulcio and Rekor; keys, CA and signatures of openssl.</summary>
internal sealed class MadeSignatures : IDisposable
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("signatures");

    /// <summary>Bundles <c>message</c> and <c>statement</c> over the content; <c>root</c> and <c>log</c> that made them.</summary>
    public async Task<JsonNode> SigstoreAsync(byte[] content)
    {
        var node = Path.GetFullPath(Path.Combine(Here(), "../../../node"));
        Assert.True(Directory.Exists(Path.Combine(node, "node_modules", "@sigstore")), $"Run 'npm ci' in {node}, or scripts/test.");
        await File.WriteAllBytesAsync(At("content"), content);
        return JsonNode.Parse(await RegistryProcess.RunAsync("node", Path.Combine(node, "sigstore.mjs"), At("content")))!;
    }

    /// <summary>cosign's simple signing with a key pair of openssl's.</summary>
    public async Task<(string PublicKey, byte[] Payload, string Signature)> CosignAsync(string digest)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(new
        {
            critical = new Dictionary<string, object>
            {
                ["identity"] = new Dictionary<string, string> { ["docker-reference"] = "" },
                ["image"] = new Dictionary<string, string> { ["docker-manifest-digest"] = digest },
                ["type"] = "cosign container image signature",
            },
            optional = (object?)null,
        });
        await File.WriteAllBytesAsync(At("payload"), payload);
        await SslAsync("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", At("cosign.key"));
        await SslAsync("pkey", "-in", At("cosign.key"), "-pubout", "-out", At("cosign.pub"));
        await SslAsync("dgst", "-sha256", "-sign", At("cosign.key"), "-out", At("cosign.sig"), At("payload"));
        return (await File.ReadAllTextAsync(At("cosign.pub")), payload, Convert.ToBase64String(await File.ReadAllBytesAsync(At("cosign.sig"))));
    }

    /// <summary>notation's JWS, PS256, below a CA of openssl's (signature-envelope-jws.md).</summary>
    public async Task<(string Root, byte[] Envelope)> NotationAsync(string digest)
    {
        await SslAsync("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=fleet CA", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign", "-keyout", At("ca.key"), "-out", At("ca.pem"));
        await SslAsync("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/C=DE/O=Fleet/CN=release-signer", "-keyout", At("leaf.key"), "-out", At("leaf.csr"));
        await File.WriteAllTextAsync(At("leaf.cnf"), "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n");
        await SslAsync("x509", "-req", "-in", At("leaf.csr"), "-CA", At("ca.pem"), "-CAkey", At("ca.key"), "-CAcreateserial", "-days", "10", "-extfile", At("leaf.cnf"), "-out", At("leaf.pem"));
        await SslAsync("x509", "-in", At("leaf.pem"), "-outform", "DER", "-out", At("leaf.der"));
        var header = Encode(new Dictionary<string, object>
        {
            ["alg"] = "PS256",
            ["cty"] = "application/vnd.cncf.notary.payload.v1+json",
            ["crit"] = new[] { "io.cncf.notary.signingScheme" },
            ["io.cncf.notary.signingScheme"] = "notary.x509",
            ["io.cncf.notary.signingTime"] = "2026-11-23T10:00:00Z",
        });
        var payload = Encode(new { targetArtifact = new { mediaType = "application/vnd.oci.image.index.v1+json", digest, size = 1 } });
        await File.WriteAllTextAsync(At("input"), $"{header}.{payload}");
        await SslAsync("dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sign", At("leaf.key"), "-out", At("jws.sig"), At("input"));
        var envelope = new Dictionary<string, object>
        {
            ["payload"] = payload,
            ["protected"] = header,
            ["header"] = new { x5c = new[] { Convert.ToBase64String(await File.ReadAllBytesAsync(At("leaf.der"))) } },
            ["signature"] = Base64Url.EncodeToString(await File.ReadAllBytesAsync(At("jws.sig"))),
        };
        return (await File.ReadAllTextAsync(At("ca.pem")), JsonSerializer.SerializeToUtf8Bytes(envelope, Plain));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Encode(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value, Plain));

    private static Task<string> SslAsync(params string[] arguments) => RegistryProcess.RunAsync("openssl", arguments);

    private string At(string file) => Path.Combine(_folder.FullName, file);

    private static string Here([CallerFilePath] string here = "") => here;
}
