using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IoTBackend.Adapters.Releases.Images;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Releases.Images;
using Local.Tests.ContainerRegistry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Adapters.Tests.Releases.Images;

/// <summary>Where evidence lives: a registry without the referrers API (Debian's), one with it, and one that answers nonsense.</summary>
public sealed class EvidenceTests
{
    private const string Repository = "fleet/sensor";
    private const string Sbom = """{"spdxVersion":"SPDX-2.3","packages":[{"name":"musl","versionInfo":"1.2.5"}]}""";

    private static readonly TrackGates Gates = new() { Sbom = true, Vulnerabilities = new(), EndOfLife = true };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Under_the_tag_that_stands_in_for_the_api_it_is_found()
    {
        Assert.SkipUnless(RegistryProcess.IsInstalled, RegistryProcess.NotInstalled);
        await using var registry = await RegistryProcess.StartAsync();
        var subject = await registry.PushAsync("1.2.0");
        Assert.Empty((await ReadAsync(registry.Endpoint, subject)).Sboms);

        using var http = new HttpClient { BaseAddress = registry.Endpoint };
        var layer = await PutBlobAsync(http, Sbom);
        var empty = await PutBlobAsync(http, "{}");
        var referrer = await PutManifestAsync(http, MediaTypes.OciManifest, null, new
        {
            schemaVersion = 2,
            mediaType = MediaTypes.OciManifest,
            artifactType = "application/spdx+json",
            config = new { mediaType = "application/vnd.oci.empty.v1+json", digest = empty, size = 2 },
            layers = new[] { new { mediaType = "application/spdx+json", digest = layer, size = Sbom.Length } },
            subject = new { mediaType = MediaTypes.OciIndex, digest = subject, size = 1 },
        });
        await PutManifestAsync(http, MediaTypes.OciIndex, subject.Replace(':', '-'), new
        {
            schemaVersion = 2,
            mediaType = MediaTypes.OciIndex,
            manifests = new[] { new { mediaType = MediaTypes.OciManifest, digest = referrer.Digest, size = referrer.Size, artifactType = "application/spdx+json" } },
        });
        var found = await ReadAsync(registry.Endpoint, subject);
        Assert.Equal("musl", Assert.Single(Assert.Single(found.Sboms).Packages).Name);
        Assert.Empty(found.Faults);
    }

    [Theory]
    [InlineData("the image itself")]
    [InlineData("a page")]
    [InlineData("an image")]
    public async Task A_registry_that_answers_something_else_has_no_evidence(string what)
    {
        const string index = """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:1111111111111111111111111111111111111111111111111111111111111111","size":1}]}""";
        await using var registry = await OwnRegistry.StartAsync((context, _) =>
        {
            var referrers = context.Request.Path.Value!.Contains("/referrers/", StringComparison.Ordinal);
            if (referrers && what != "a page")
            {
                context.Response.StatusCode = 404;
                return Task.CompletedTask;
            }

            context.Response.ContentType = referrers ? "text/html" : what == "an image" ? MediaTypes.OciManifest : MediaTypes.OciIndex;
            return context.Response.WriteAsync(referrers ? "<html>" : index, Token);
        });
        var subject = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(index)))}";
        Assert.Empty((await Reader().ListReferrersAsync(Source(registry.Endpoint), what == "an image" ? $"sha256:{new string('2', 64)}" : subject, Token));
    }

    [Fact]
    public async Task Ten_thousand_referrers_by_the_api_are_read_to_a_bound()
    {
        var list = JsonSerializer.Serialize(new
        {
            schemaVersion = 2,
            mediaType = MediaTypes.OciIndex,
            manifests = Enumerable.Range(0, 10_000).Select(i => new { mediaType = MediaTypes.OciManifest, digest = $"sha256:{i:x64}", size = 1, artifactType = "application/spdx+json" }),
        });
        await using var registry = await OwnRegistry.StartAsync((context, _) =>
        {
            if (!context.Request.Path.Value!.Contains("/referrers/", StringComparison.Ordinal))
            {
                context.Response.StatusCode = 404;
                return Task.CompletedTask;
            }

            context.Response.ContentType = MediaTypes.OciIndex;
            return context.Response.WriteAsync(list, Token);
        });
        var found = await ReadAsync(registry.Endpoint, $"sha256:{new string('3', 64)}");
        Assert.Contains("Only 40 of what is attached was read.", found.Faults);
        Assert.InRange(registry.Requests.Count, 40, 50);
    }

    private static async Task<AttachedEvidence> ReadAsync(Uri endpoint, string digest) =>
        await new EvidenceReader(Reader(), new NothingSent(), TimeProvider.System).ReadAsync(Source(endpoint), new()
        {
            Id = Release.IdOf("sensor", digest),
            Track = "sensor",
            Registry = endpoint.Authority,
            Repository = Repository,
            Digest = digest,
            MediaType = MediaTypes.OciManifest,
            Tag = "1.2.0",
            FirstSeenAt = default,
        }, Gates, Token);

    private static async Task<string> PutBlobAsync(HttpClient http, string content)
    {
        using var begun = await http.PostAsync($"/v2/{Repository}/blobs/uploads/", null, Token);
        var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}";
        var location = begun.Headers.Location!.ToString();
        using var body = new StringContent(content);
        using var put = await http.PutAsync($"{location}{(location.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={digest}", body, Token);
        put.EnsureSuccessStatusCode();
        return digest;
    }

    private static async Task<(string Digest, int Size)> PutManifestAsync(HttpClient http, string type, string? tag, object manifest)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(manifest);
        var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
        using var body = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
        using var put = await http.PutAsync($"/v2/{Repository}/manifests/{tag ?? digest}", body, Token);
        put.EnsureSuccessStatusCode();
        return (digest, bytes.Length);
    }

    private static ImageSource Source(Uri endpoint) => new(new() { Host = endpoint.Authority, Endpoint = endpoint, Kind = RegistryKind.Distribution }, Repository);

    private static RegistryReader Reader() => new(
        new(ExchangeServer.Entra(), new ConfigurationBuilder().Build(), new() { AllowPrivateRegistries = true }, TimeProvider.System), new(TimeProvider.System), TimeProvider.System);

    private sealed class NothingSent : IEvidenceStore
    {
        public Task SaveAsync(string releaseId, SentEvidence evidence, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task SaveAsync(string releaseId, ReleaseContents contents, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<ReleaseContents?> FindAsync(string releaseId, CancellationToken cancellationToken) => Task.FromResult<ReleaseContents?>(null);

        public Task<IReadOnlyList<string>> ListSentAsync(string releaseId, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

        public Task<ReadOnlyMemory<byte>?> FindSentAsync(string releaseId, string digest, CancellationToken cancellationToken) => Task.FromResult<ReadOnlyMemory<byte>?>(null);

        public IAsyncEnumerable<KeyValuePair<string, ReleaseContents>> ListAsync(CancellationToken cancellationToken) => AsyncEnumerable.Empty<KeyValuePair<string, ReleaseContents>>();
    }
}
