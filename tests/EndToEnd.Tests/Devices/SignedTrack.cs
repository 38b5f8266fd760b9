using System.Security.Cryptography;
using System.Text;
using IoTBackend.Stack.Demo;
using Local.Tests.ContainerRegistry;

namespace EndToEnd.Tests.Devices;

/// <summary>A track of the agents' whose images have to be signed, and two who can sign: its owner, and whoever has got hold of an operator's key.</summary>
internal sealed class SignedTrack(TestStack stack) : IDisposable
{
    /// <summary>The first of the agents' tracks by its name: of several, the backend shows the one that a device names last.</summary>
    public const string Name = "acme";
    public const string Owner = "owner";
    public const string Thief = "thief";

    private const string Repository = "fleet/acme";

    private readonly Dictionary<string, ECDsa> _keys = new() { [Owner] = ECDsa.Create(ECCurve.NamedCurves.nistP256), [Thief] = ECDsa.Create(ECCurve.NamedCurves.nistP256) };

    /// <summary>Tells the backend whose signature counts from now on. Without a rollout, which would hold up the other track's on the same devices.</summary>
    public Task FollowAsync(string signer) => stack.OperateAsync(HttpMethod.Put, $"tracks/{Name}", new
    {
        registry = stack.Stack.Programs.RegistryHost,
        repository = Repository,
        targets = new { models = new[] { DemoAgents.Model } },
        gates = new { signature = new { keys = new[] { _keys[signer].ExportSubjectPublicKeyInfoPem() } } },
    });

    /// <summary>Pushes and signs as cosign does (sigstore/cosign, specs/SIGNATURE_SPEC.md); the image's digest.</summary>
    public async Task<string> PushAsync(string tag, string signer)
    {
        var registry = stack.Stack.Programs.RegistryHost;
        var digest = await RegistryProcess.RunAsync(Path.Combine(stack.Layout.Root, "scripts", "push-image"), "--registry", registry, "--repository", Repository, "--tag", tag);
        using var pusher = new RegistryPusher(new($"http://{registry}"), Repository);
        var payload = Encoding.UTF8.GetBytes($$$"""{"critical":{"identity":{"docker-reference":""},"image":{"docker-manifest-digest":"{{{digest}}}"},"type":"cosign container image signature"},"optional":null}""");
        var (layer, config) = (await pusher.BlobAsync(payload), await pusher.BlobAsync("{}"u8.ToArray()));
        var signature = Convert.ToBase64String(_keys[signer].SignData(payload, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        await pusher.ManifestAsync(new
        {
            schemaVersion = 2,
            mediaType = "application/vnd.oci.image.manifest.v1+json",
            config = new { mediaType = "application/vnd.oci.image.config.v1+json", digest = config, size = 2 },
            layers = new[] { new { mediaType = "application/vnd.dev.cosign.simplesigning.v1+json", digest = layer, size = payload.Length, annotations = new Dictionary<string, string> { ["dev.cosignproject.cosign/signature"] = signature } } },
        }, tag: $"{digest.Replace(':', '-')}.sig");
        return digest;
    }

    public void Dispose()
    {
        foreach (var key in _keys.Values)
            key.Dispose();
    }
}
