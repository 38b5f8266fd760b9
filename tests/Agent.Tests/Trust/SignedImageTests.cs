using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Agent.Tests.Engines;
using Core.Tests.Releases.Evidence;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Trust;
using IoTBackend.Agent.Updates;
using IoTBackend.Core.Releases.Evidence.Signatures;
using Local.Tests.ContainerRegistry;

namespace Agent.Tests.Trust;

/// <summary>The device's own look at signatures, in a real registry.</summary>
public sealed class SignedImageTests(EngineFixture fixture) : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly HttpClient _http = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");

    [Fact]
    public async Task Only_what_the_pinned_key_signed_is_let_in()
    {
        var image = await PushAsync("signed");
        var other = await PushAsync("unsigned");
        await SignAsync(image, image.Digest, _key);
        var trust = Trust(_key);
        Assert.Null(await trust.CheckSignatureAsync("sensor", image, TestContext.Current.CancellationToken));
        Assert.Equal("signature: there is none", await trust.CheckSignatureAsync("sensor", other, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("ci@example.com", true)]
    [InlineData("somebody@example.com", false)]
    public async Task What_was_signed_without_a_key_counts_by_its_certificate_as_it_does_for_the_backend(string subject, bool counts)
    {
        using var authority = Keyless.Authority("CN=fulcio", out var authorityKey);
        using var log = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = Keyless.Leaf(_key, authority, authorityKey, codeSigning: true);
        var image = await PushAsync(counts ? "certified" : "other");
        await SignAsync(image, image.Digest, [_key], (payload, signature) => new()
        {
            ["dev.sigstore.cosign/certificate"] = leaf.ExportCertificatePem(),
            ["dev.sigstore.cosign/bundle"] = Keyless.CosignEntry(log, leaf, payload, signature),
        });
        var rules = new SignatureRules { Roots = [authority.ExportCertificatePem()], Logs = [log.ExportSubjectPublicKeyInfoPem()], Identities = [new("https://issuer.example.com", subject)] };
        Assert.Equal(counts, await Trust(rules).CheckSignatureAsync("sensor", image, TestContext.Current.CancellationToken) is null);
    }

    [Fact]
    public async Task Each_of_many_signatures_under_one_tag_is_looked_at()
    {
        var image = await PushAsync("many");
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await SignAsync(image, image.Digest, [.. Enumerable.Repeat(stranger, 9), _key], (_, _) => []);
        Assert.Null(await Trust(_key).CheckSignatureAsync("sensor", image, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Another_key_or_a_signature_over_another_image_counts_for_nothing()
    {
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var image = await PushAsync("stranger");
        await SignAsync(image, image.Digest, stranger);
        Assert.StartsWith("signature: 0 of 1", await Trust(_key).CheckSignatureAsync("sensor", image, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await SignAsync(image, "sha256:" + new string('0', 64), _key);
        Assert.StartsWith("signature: 0 of 1", await Trust(_key).CheckSignatureAsync("sensor", image, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_that_does_not_answer_is_no_verdict()
    {
        var nowhere = ImageName.Parse($"127.0.0.1:{IoTBackend.Stack.FreePorts.Take(1)[0]}/a@sha256:{new string('a', 64)}")!;
        await Assert.ThrowsAsync<RegistryUnavailableException>(() => Trust(_key).CheckSignatureAsync("sensor", nowhere, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_registry_that_is_not_in_the_devices_file_is_refused_whatever_the_backend_says() =>
        Assert.NotNull(Trust(_key).Refusal("sensor", ImageName.Parse($"evil.example.com/a@sha256:{new string('a', 64)}")!));

    [Fact]
    public async Task A_true_signature_over_what_is_in_another_repository_does_not_count_for_the_track()
    {
        var (image, other) = (await PushAsync("pinned"), await PushAsync("pinned/other"));
        await SignAsync(other, other.Digest, _key);
        var pins = new Pins(Path.Combine(_folder.FullName, "pins.json"), new() { Required = true });
        pins.Add([new("sensor", new(new() { Keys = [new(_key.ExportSubjectPublicKeyInfoPem())] }, image.Name))]);
        var trust = Trust(pins, new() { Required = true });
        Assert.Null(await trust.CheckSignatureAsync("sensor", other, TestContext.Current.CancellationToken));
        Assert.Contains(image.Name, trust.Refusal("sensor", other), StringComparison.Ordinal);
        Assert.Null(trust.Refusal("sensor", image));
    }

    [Fact]
    public async Task Where_signatures_are_required_a_server_in_other_hands_brings_no_key_of_its_own_with_a_new_track()
    {
        var image = await PushAsync("attacker");
        await SignAsync(image, image.Digest, _key);
        var pins = new Pins(Path.Combine(_folder.FullName, "pins.json"), new() { Required = true });
        pins.Sees("x1", new(new() { Keys = [new(_key.ExportSubjectPublicKeyInfoPem())] }, image.Name));
        Assert.StartsWith("no rule", await Trust(pins, new() { Required = true }).CheckSignatureAsync("x1", image, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ghcr.io", "ghcr.io/acme/sensor", true)]
    [InlineData("ghcr.io/acme/", "ghcr.io/acme/sensor", true)]
    [InlineData("ghcr.io/acme", "ghcr.io/acme/a/b", true)]
    [InlineData("ghcr.io/acme/sensor", "ghcr.io/acme/sensor", true)]
    [InlineData("ghcr.io/acme/", "ghcr.io/acme-evil/sensor", false)]
    [InlineData("ghcr.io/acme/", "ghcr.io/evil/sensor", false)]
    [InlineData("ghcr.io", "ghcr.io.evil.com/sensor", false)]
    public void A_registry_may_be_allowed_for_what_is_below_a_path_alone(string entry, string image, bool expected)
    {
        var configuration = new AgentConfiguration { Server = "http://127.0.0.1", Registries = [entry] };
        var trust = new ImageTrust(configuration, new(Path.Combine(_folder.FullName, "pins.json"), new()), new(new(_http, _ => null)), null, TimeProvider.System);
        Assert.Equal(expected, trust.Refusal("sensor", ImageName.Parse($"{image}@sha256:{new string('a', 64)}")!) is null);
    }

    public void Dispose()
    {
        _key.Dispose();
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    private ImageTrust Trust(ECDsa key) => Trust(new SignatureRules { Keys = [new(key.ExportSubjectPublicKeyInfoPem())] });

    private ImageTrust Trust(SignatureRules rules)
    {
        var signatures = new SignatureConfiguration { Tracks = new Dictionary<string, SignatureRules> { ["sensor"] = rules } };
        return Trust(new(Path.Combine(_folder.FullName, "pins.json"), signatures), signatures);
    }

    private ImageTrust Trust(Pins pins, SignatureConfiguration signatures) => new(
        new() { Server = "http://127.0.0.1", Registries = [fixture.Registry?.Host ?? "127.0.0.1"], Signatures = signatures }, pins, new(new(_http, _ => null)), null, TimeProvider.System);

    private async Task<ImageName> PushAsync(string name)
    {
        Assert.SkipUnless(fixture.Registry is not null, RegistryProcess.NotInstalled);
        var digest = await fixture.Registry!.PushAsync("1.0.0", "--repository", $"signed/{name}", "--content", name);
        return new(fixture.Registry.Host, $"signed/{name}", digest);
    }

    private Task SignAsync(ImageName image, string signed, ECDsa key) => SignAsync(image, signed, [key], (_, _) => []);

    /// <summary>As <c>cosign sign</c> files them, all under one tag (sigstore/cosign, specs/SIGNATURE_SPEC.md).</summary>
    /// <param name="beside">Annotations beside the signature over a payload.</param>
    private async Task SignAsync(ImageName image, string signed, ECDsa[] keys, Func<byte[], byte[], Dictionary<string, string>> beside)
    {
        var payload = Encoding.UTF8.GetBytes($$$"""{"critical":{"identity":{"docker-reference":""},"image":{"docker-manifest-digest":"{{{signed}}}"},"type":"cosign container image signature"},"optional":null}""");
        var config = "{}"u8.ToArray();
        await BlobAsync(image, config);
        await BlobAsync(image, payload);
        var manifest = JsonSerializer.Serialize(new
        {
            schemaVersion = 2,
            mediaType = "application/vnd.oci.image.manifest.v1+json",
            config = new { mediaType = "application/vnd.oci.image.config.v1+json", digest = Digest(config), size = config.Length },
            layers = keys.Select(key =>
            {
                var signature = key.SignData(payload, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
                var annotations = new Dictionary<string, string>(beside(payload, signature)) { ["dev.cosignproject.cosign/signature"] = Convert.ToBase64String(signature) };
                return new { mediaType = "application/vnd.dev.cosign.simplesigning.v1+json", digest = Digest(payload), size = payload.Length, annotations };
            }),
        });
        using var content = new StringContent(manifest, null, "application/vnd.oci.image.manifest.v1+json");
        using var answer = await _http.PutAsync(new Uri($"http://{image.Registry}/v2/{image.Repository}/manifests/{image.Digest.Replace(':', '-')}.sig"), content);
        answer.EnsureSuccessStatusCode();
    }

    private async Task BlobAsync(ImageName image, byte[] bytes)
    {
        using var started = await _http.PostAsync(new Uri($"http://{image.Registry}/v2/{image.Repository}/blobs/uploads/"), null);
        using var content = new ByteArrayContent(bytes);
        using var ended = await _http.PutAsync(new Uri($"{started.Headers.Location}&digest={Digest(bytes)}"), content);
        ended.EnsureSuccessStatusCode();
    }

    private static string Digest(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
}
