using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Local.Tests.ContainerRegistry;

namespace IoTBackend.Benchmarks.Gates;

/// <summary>Images of one platform, each signed in cosign's way and with an SBOM of 400 packages and a SARIF report attached.</summary>
/// <param name="registry">Where to.</param>
/// <param name="repository">What of.</param>
/// <param name="key">Signs; null = only what has nothing attached is made.</param>
/// <param name="reportMegabytes">Of the SARIF report.</param>
internal sealed class PushedImages(Uri registry, string repository, ECDsa? key, int reportMegabytes) : IDisposable
{
    private const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    private const string SimpleSigning = "application/vnd.dev.cosign.simplesigning.v1+json";

    private readonly RegistryPusher _pusher = new(registry, repository);

    /// <summary>Returns the image's digest.</summary>
    public async Task<string> MakeAsync(string tag, bool attached = true)
    {
        var config = await _pusher.BlobAsync(JsonSerializer.SerializeToUtf8Bytes(new { os = "linux", architecture = "arm64", config = new { Labels = new { tag } } }));
        var layer = await _pusher.BlobAsync(Encoding.UTF8.GetBytes($"layer {repository}"));
        var digest = await _pusher.ManifestAsync(new
        {
            schemaVersion = 2,
            mediaType = Manifest,
            config = new { mediaType = "application/vnd.oci.image.config.v1+json", digest = config, size = 1 },
            layers = new[] { new { mediaType = "application/vnd.oci.image.layer.v1.tar", digest = layer, size = 10 } },
        }, tag: tag);
        if (!attached || key is null)
            return digest;
        await SignAsync(key, digest);
        await _pusher.AttachAsync(digest, "application/spdx+json", JsonSerializer.SerializeToUtf8Bytes(new
        {
            spdxVersion = "SPDX-2.3",
            packages = Enumerable.Range(0, 400).Select(i => new { name = $"package-{i}", versionInfo = $"1.{i}.0" }),
        }));
        await _pusher.AttachAsync(digest, "application/sarif+json", Report(tag));
        return digest;
    }

    public void Dispose() => _pusher.Dispose();

    private async Task SignAsync(ECDsa key, string digest)
    {
        var payload = Encoding.UTF8.GetBytes($$$"""{"critical":{"identity":{"docker-reference":""},"image":{"docker-manifest-digest":"{{{digest}}}"},"type":"cosign container image signature"},"optional":null}""");
        var (layer, config) = (await _pusher.BlobAsync(payload), await _pusher.BlobAsync("{}"u8.ToArray()));
        var signature = Convert.ToBase64String(key.SignData(payload, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        await _pusher.ManifestAsync(new
        {
            schemaVersion = 2,
            mediaType = Manifest,
            config = new { mediaType = "application/vnd.oci.image.config.v1+json", digest = config, size = 2 },
            layers = new[] { new { mediaType = SimpleSigning, digest = layer, size = payload.Length, annotations = new Dictionary<string, string> { ["dev.cosignproject.cosign/signature"] = signature } } },
        }, tag: $"{digest.Replace(':', '-')}.sig");
    }

    /// <summary>As Trivy writes SARIF, about 500 bytes a finding.</summary>
    private byte[] Report(string tag)
    {
        var results = Enumerable.Range(0, Math.Max(1, reportMegabytes * 2100)).Select(i => new
        {
            ruleId = $"CVE-2026-{i}",
            level = "warning",
            message = new { text = $"Package: package-{i % 400}\nInstalled Version: 1.{i % 400}.0\nVulnerability CVE-2026-{i}\nSeverity: MEDIUM\nFixed Version: 2.0.0\nLink: https://example.com/CVE-2026-{i} {new string('x', 250)}" },
            locations = new[] { new { physicalLocation = new { artifactLocation = new { uri = tag } } } },
        });
        return JsonSerializer.SerializeToUtf8Bytes(new { version = "2.1.0", runs = new[] { new { results } } });
    }
}
