using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Evidence.Signatures;
using IoTBackend.Core.Releases.Images;
using Local.Tests.ContainerRegistry;

namespace Adapters.Tests.Releases.Gates;

/// <summary>
/// What others make, through both kinds of registry and all gates: images of skopeo's, bundles of sigstore's library, keys and certificates of
/// openssl's, an SBOM of this software by Microsoft's tool.
/// </summary>
public sealed class SupplyChainTests : IDisposable
{
    private const string Bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";

    private readonly MadeSignatures _made = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _made.Dispose();

    [Theory]
    [InlineData("docker-registry")]
    [InlineData("with the API")]
    public async Task Three_signers_an_sbom_and_a_scan_let_an_image_out_and_any_one_signer_less_does_not(string kind)
    {
        Assert.SkipUnless(RegistryProcess.IsInstalled, RegistryProcess.NotInstalled);
        await using var debian = kind == "docker-registry" ? await RegistryProcess.StartAsync() : null;
        await using var own = debian is null ? await ReferrersRegistry.StartAsync() : null;
        var endpoint = debian?.Endpoint ?? own!.Endpoint;
        var world = new GateWorld(endpoint);
        var digest = await world.PushAsync();
        using var pusher = new RegistryPusher(endpoint, GateWorld.Repository);

        var sigstore = await _made.SigstoreAsync(await ManifestAsync(world, endpoint, digest));
        await pusher.AttachAsync(digest, Bundle, Bytes(sigstore["message"]!));
        await pusher.AttachAsync(digest, Bundle, Bytes(sigstore["statement"]!));
        var (root, envelope) = await _made.NotationAsync(digest);
        await pusher.AttachAsync(digest, "application/vnd.cncf.notary.signature", envelope, "application/jose+json");
        var (key, payload, signature) = await _made.CosignAsync(digest);
        await PushCosignAsync(pusher, digest, payload, signature);
        await pusher.AttachAsync(digest, "application/spdx+json", await SbomAsync());
        await pusher.AttachAsync(digest, "application/sarif+json", """{"version":"2.1.0","runs":[{"results":[]}]}"""u8.ToArray());

        var rules = new SignatureRules
        {
            Keys = [new(key)],
            Roots = [root, (string)sigstore["root"]!],
            Logs = [(string)sigstore["log"]!],
            AtLeast = 3,
        };
        var release = await world.JudgeAsync(new() { Signature = rules, Sbom = true, Vulnerabilities = new() });
        Assert.True(release.MayGoOut, string.Join('\n', release.Gates.Select(g => $"{g.Gate} {g.Verdict} {g.Reason}")));
        var said = release.Gates.Single(g => g.Gate == "signature").Reason;
        Assert.Contains("https://ci.example/release (vouched for by https://issuer.example)", said, StringComparison.Ordinal);
        Assert.Contains("CN=release-signer", said, StringComparison.Ordinal);
        Assert.Contains("the key ", said, StringComparison.Ordinal);
        Assert.Matches(@"SPDX, \d\d packages", release.Gates.Single(g => g.Gate == "sbom").Reason);
        Assert.NotNull(world.Stores.Contents.Values.Single().Concerns(null, "Azure.Core"));

        foreach (var less in new[] { rules with { Keys = [] }, rules with { Roots = [root] }, rules with { Logs = [] } })
        {
            var other = new GateWorld(endpoint);
            Assert.Equal(Verdict.Waiting, (await other.JudgeAsync(new() { Signature = less })).Gates.Single(g => g.Gate == "signature").Verdict);
        }
    }

    /// <summary>A thousand changed bytes in each: whatever still counts says and proves exactly what the original does.</summary>
    [Fact]
    public async Task No_damaged_signature_of_another_maker_counts()
    {
        var content = "an index"u8.ToArray();
        var digest = $"sha256:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content))}";
        var sigstore = await _made.SigstoreAsync(content);
        var (root, envelope) = await _made.NotationAsync(digest);
        var (key, payload, detached) = await _made.CosignAsync(digest);
        var rules = new SignatureRules { Keys = [new(key)], Roots = [root, (string)sigstore["root"]!], Logs = [(string)sigstore["log"]!] };
        Signature[] originals =
        [
            new(SignatureForm.SigstoreBundle, Bytes(sigstore["message"]!), digest),
            new(SignatureForm.SigstoreBundle, Bytes(sigstore["statement"]!), digest),
            new(SignatureForm.NotationJws, envelope, digest),
            new(SignatureForm.CosignSimple, payload, digest, detached),
        ];
        foreach (var original in originals)
        {
            Assert.Null(SignatureChecks.Check(original, digest, rules, TimeProvider.System.GetUtcNow()).Refusal);
            Assert.NotNull(SignatureChecks.Check(original, $"sha256:{new string('1', 64)}", rules, TimeProvider.System.GetUtcNow()).Refusal);
            Gen.Select(Gen.Int[0, original.Content.Length - 1], Gen.Byte[1, 255]).Sample((at, change) =>
            {
                var bytes = original.Content.ToArray();
                bytes[at] ^= change;
                if (SignatureChecks.Check(original with { Content = bytes }, digest, rules, TimeProvider.System.GetUtcNow()).Signer is not null)
                    Assert.Equal(Proven(original.Content.Span), Proven(bytes));
            }, iter: 1000);
        }

        // Every other base64 text of the detached signature, too.
        Gen.Select(Gen.Int[0, detached.Length - 1], Gen.Char["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"]).Sample((at, change) =>
        {
            var text = new StringBuilder(detached) { [at] = change }.ToString();
            if (SignatureChecks.Check(originals[3] with { Detached = text }, digest, rules, TimeProvider.System.GetUtcNow()).Signer is not null)
                Assert.Equal(Convert.FromBase64String(detached), Convert.FromBase64String(text));
        }, iter: 1000);
    }

    /// <summary>The parts of an envelope that are signed or prove something; the rest is nobody's word.</summary>
    private static string Proven(ReadOnlySpan<byte> content)
    {
        var json = JsonNode.Parse(content)!;
        string?[] parts =
        [
            (string?)json["protected"], (string?)json["payload"], (string?)json["dsseEnvelope"]?["payload"], (string?)json["messageSignature"]?["messageDigest"]?["digest"],
            (string?)json["critical"]?["image"]?["docker-manifest-digest"],
        ];
        return string.Join(' ', parts);
    }

    private static async Task PushCosignAsync(RegistryPusher pusher, string digest, byte[] payload, string signature)
    {
        const string type = "application/vnd.dev.cosign.simplesigning.v1+json";
        var (layer, config) = (await pusher.BlobAsync(payload), await pusher.BlobAsync("{}"u8.ToArray()));
        await pusher.ManifestAsync(new
        {
            schemaVersion = 2,
            mediaType = MediaTypes.OciManifest,
            config = new { mediaType = MediaTypes.OciConfig, digest = config, size = 2 },
            layers = new[] { new { mediaType = type, digest = layer, size = payload.Length, annotations = new Dictionary<string, string> { ["dev.cosignproject.cosign/signature"] = signature } } },
        }, tag: $"{Referrer.FallbackTag(digest)}.sig");
    }

    /// <summary>Of these tests' own adapters.</summary>
    private static async Task<byte[]> SbomAsync([CallerFilePath] string here = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../.."));
        var drop = Directory.CreateTempSubdirectory("sbom");
        try
        {
            File.Copy(typeof(Release).Assembly.Location, Path.Combine(drop.FullName, "IoTBackend.Core.dll"));
            await RegistryProcess.RunAsync("env", "-C", root, "dotnet", "tool", "run", "sbom-tool", "--", "generate", "-b", drop.FullName, "-bc", Path.Combine(root, "artifacts/obj/IoTBackend.Adapters"),
                "-pn", "iot-backend", "-pv", "1.0.0", "-ps", "fleet", "-nsb", "https://example.com", "-V", "Error");
            return await File.ReadAllBytesAsync(Path.Combine(drop.FullName, "_manifest/spdx_2.2/manifest.spdx.json"));
        }
        finally
        {
            drop.Delete(recursive: true);
        }
    }

    private static async Task<byte[]> ManifestAsync(GateWorld world, Uri endpoint, string digest) => (await world.Reader.ReadManifestAsync(
        new(new() { Host = endpoint.Authority, Endpoint = endpoint, Kind = RegistryKind.Distribution }, GateWorld.Repository), digest, Token))!.Bytes.ToArray();

    private static byte[] Bytes(JsonNode bundle) => JsonSerializer.SerializeToUtf8Bytes(bundle);
}
