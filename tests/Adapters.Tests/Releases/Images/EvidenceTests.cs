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

    private const string Scan = """{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"VulnerabilityID":"CVE-2026-1","PkgName":"musl","Severity":"LOW"}]}]}""";

    private static readonly TrackGates Gates = new() { Sbom = true, Vulnerabilities = new(), EndOfLife = true };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("docker-registry")]
    [InlineData("with the API")]
    public async Task By_the_api_or_under_the_tag_that_stands_in_for_it_it_is_found_and_asked_for_again_with_one_request(string kind)
    {
        Assert.SkipUnless(RegistryProcess.IsInstalled, RegistryProcess.NotInstalled);
        await using var debian = await RegistryProcess.StartAsync();
        await using var own = await ReferrersRegistry.StartAsync();
        var endpoint = kind == "docker-registry" ? debian.Endpoint : own.Endpoint;
        var subject = await RegistryProcess.RunAsync(RegistryProcess.PushImage, "--registry", endpoint.Authority, "--repository", Repository, "--tag", "1.2.0");
        var (reader, store) = (Reader(), new KeptInMemory());
        Assert.Empty((await ReadAsync(endpoint, subject, reader, store)).Sboms);
        using var pusher = new RegistryPusher(endpoint, Repository);
        await pusher.AttachAsync(subject, "application/spdx+json", Encoding.UTF8.GetBytes(Sbom));
        await pusher.AttachAsync(subject, "application/sarif+json", Encoding.UTF8.GetBytes(Scan));

        var found = await ReadAsync(endpoint, subject, reader, store);
        Assert.Equal("musl", Assert.Single(Assert.Single(found.Sboms).Packages).Name);
        Assert.Equal("CVE-2026-1", Assert.Single(Assert.Single(found.Reports).Findings).Id);
        Assert.Empty(found.Faults);

        own.Requests.Clear();
        var list = store.Contents!.Lists![0];
        Assert.True((await reader.ListReferrersAsync(Source(endpoint), subject, list.Version, Token)).Unchanged);
        Assert.Equal(found.Sboms[0].Packages, (await ReadAsync(endpoint, subject, reader, store)).Sboms[0].Packages);
        if (kind != "docker-registry")
            Assert.Equal([$"304 GET /v2/{Repository}/referrers/{subject}", $"304 GET /v2/{Repository}/referrers/{subject}"], own.Requests);
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
        Assert.Empty((await Reader().ListReferrersAsync(Source(registry.Endpoint), what == "an image" ? $"sha256:{new string('2', 64)}" : subject, null, Token)).Items);
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

    private static async Task<AttachedEvidence> ReadAsync(Uri endpoint, string digest, RegistryReader? reader = null, KeptInMemory? store = null) =>
        await new EvidenceReader(reader ?? Reader(), store ?? new(), TimeProvider.System).ReadAsync(Source(endpoint), new()
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

    private static ImageSource Source(Uri endpoint) => new(new() { Host = endpoint.Authority, Endpoint = endpoint, Kind = RegistryKind.Distribution }, Repository);

    private static RegistryReader Reader() => new(
        new(ExchangeServer.Entra(), new ConfigurationBuilder().Build(), new() { AllowPrivateRegistries = true }, TimeProvider.System), new(TimeProvider.System), TimeProvider.System);

    /// <summary>Nothing was sent.</summary>
    private sealed class KeptInMemory : IEvidenceStore
    {
        public ReleaseContents? Contents { get; private set; }

        public Task SaveAsync(string releaseId, SentEvidence evidence, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task SaveAsync(string releaseId, ReleaseContents contents, CancellationToken cancellationToken)
        {
            Contents = contents;
            return Task.CompletedTask;
        }

        public Task<ReleaseContents?> FindAsync(string releaseId, CancellationToken cancellationToken) => Task.FromResult(Contents);

        public Task<IReadOnlyList<string>> ListSentAsync(string releaseId, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

        public Task<ReadOnlyMemory<byte>?> FindSentAsync(string releaseId, string digest, CancellationToken cancellationToken) => Task.FromResult<ReadOnlyMemory<byte>?>(null);

        public IAsyncEnumerable<KeyValuePair<string, ReleaseContents>> ListAsync(Predicate<string> releaseId, CancellationToken cancellationToken) => AsyncEnumerable.Empty<KeyValuePair<string, ReleaseContents>>();
    }
}
