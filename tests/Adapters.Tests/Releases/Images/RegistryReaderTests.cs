using IoTBackend.Adapters.Releases.Images;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;
using Local.Tests.ContainerRegistry;
using Microsoft.Extensions.Configuration;

namespace Adapters.Tests.Releases.Images;

/// <summary>Against Debian's docker-registry: open, and behind ACR's exchange and Docker's login.</summary>
public sealed class RegistryReaderTests
{
    private const string Repository = "fleet/sensor";

    [Fact]
    public async Task A_pushed_index_is_read_down_to_its_platforms()
    {
        await using var registry = await StartAsync();
        var digest = await registry.PushAsync("1.2.0");
        var source = Source(registry.Endpoint, registry.Host);
        var reader = Reader();

        var manifest = (await reader.ReadManifestAsync(source, "1.2.0", Token))!;
        var image = await new ImageReader(reader, TimeProvider.System).ReadAsync(source, manifest, Token);

        Assert.Equal(digest, image.Digest);
        Assert.Equal(["linux/amd64", "linux/arm64", "linux/arm/v7"], image.Platforms.Select(p => p.Platform));
        Assert.All(image.Platforms, p => Assert.InRange(p.SizeBytes, 100, 10_000));
    }

    [Fact]
    public async Task Pushed_without_skopeo_the_image_is_the_same()
    {
        await using var registry = await StartAsync();
        var digest = await registry.PushAsync("1.2.0", "--without-skopeo");
        Assert.Equal(digest, await registry.PushAsync("1.2.0"));
        Assert.Equal(digest, (await Reader().ReadManifestAsync(Source(registry.Endpoint, registry.Host), "1.2.0", Token))!.Digest);
    }

    [Fact]
    public async Task A_tag_is_looked_at_without_reading_it()
    {
        await using var registry = await StartAsync();
        var digest = await registry.PushAsync("1.2.0");
        var source = Source(registry.Endpoint, registry.Host);

        Assert.Equal(new TagState(Unchanged: true, digest), await Reader().LookAsync(source, "1.2.0", digest, Token));
        Assert.Equal(new TagState(Unchanged: false, digest), await Reader().LookAsync(source, "1.2.0", $"sha256:{new string('0', 64)}", Token));
        Assert.True((await Reader().LookAsync(source, "9.9.9", digest, Token)).IsGone);
    }

    [Fact]
    public async Task All_tags_are_listed_and_of_an_unknown_repository_none()
    {
        await using var registry = await StartAsync();
        await registry.PushAsync("1.2.0");
        await registry.PushAsync("latest");
        var source = Source(registry.Endpoint, registry.Host);

        Assert.Equal(["1.2.0", "latest"], (await Reader().ListTagsAsync(source, Token).ToListAsync(Token)).Order());
        Assert.Empty(await Reader().ListTagsAsync(source with { Repository = "unknown" }, Token).ToListAsync(Token));
        Assert.Null(await Reader().ReadManifestAsync(source with { Repository = "unknown" }, "1.2.0", Token));
    }

    [Fact]
    public async Task A_registry_that_is_not_acr_is_logged_in_to_as_docker_does()
    {
        Assert.SkipUnless(RegistryProcess.IsInstalled, RegistryProcess.NotInstalled);
        await using var server = await ExchangeServer.StartAsync();
        var source = Source(server.Endpoint, server.Host, "reader");
        var reader = Reader(("Releases:Credentials:reader", "reader:secret-password"));

        Assert.Null(await reader.ReadManifestAsync(source, "1.2.0", Token));
        Assert.Empty(await reader.ListTagsAsync(source, Token).ToListAsync(Token));

        Assert.Single(server.Requests, r => r.StartsWith("login ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_password_is_told_from_a_registry_that_is_down()
    {
        Assert.SkipUnless(RegistryProcess.IsInstalled, RegistryProcess.NotInstalled);
        await using var server = await ExchangeServer.StartAsync();
        var reader = Reader(("Releases:Credentials:reader", "reader:wrong"));

        await Assert.ThrowsAsync<RegistryRefusedException>(() => reader.ReadManifestAsync(Source(server.Endpoint, server.Host, "reader"), "1.2.0", Token));
        var nobody = new Uri($"http://127.0.0.1:{IoTBackend.Stack.FreePorts.Take(1)[0]}");
        await Assert.ThrowsAsync<UnavailableException>(() => Reader().ReadManifestAsync(Source(nobody, nobody.Authority), "1.2.0", Token));
    }

    [Fact]
    public async Task Content_without_its_digest_or_without_end_is_refused()
    {
        await using var server = await FakeRegistry.StartAsync(new byte[1000]);
        var source = Source(server.Endpoint, "fake.example.com");
        var digest = $"sha256:{new string('1', 64)}";

        await Assert.ThrowsAsync<RegistryContentException>(() => Reader().ReadManifestAsync(source, digest, Token));
        await Assert.ThrowsAsync<RegistryContentException>(() => Reader().ReadBlobAsync(source, digest, 1000, Token));
        await Assert.ThrowsAsync<RegistryContentException>(() => Reader().ReadBlobAsync(source, digest, 999, Token));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<RegistryProcess> StartAsync()
    {
        Assert.SkipUnless(RegistryProcess.IsInstalled, RegistryProcess.NotInstalled);
        return await RegistryProcess.StartAsync();
    }

    private static ImageSource Source(Uri endpoint, string host, string? credential = null) =>
        new(new() { Host = host, Endpoint = endpoint, Kind = RegistryKind.Distribution, Credential = credential }, Repository);

    private static RegistryReader Reader(params (string Name, string Value)[] settings) => new(
        new(ExchangeServer.Entra(), new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Name, s => (string?)s.Value)).Build(),
            new() { AllowPrivateRegistries = true }, TimeProvider.System),
        new(TimeProvider.System), TimeProvider.System);
}
