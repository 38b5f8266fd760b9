using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Containers.ContainerRegistry;

namespace Local.Tests.ContainerRegistry;

public sealed class ContentClientTests
{
    private const string Repository = "fleet/sensor";

    [Fact]
    public async Task An_index_its_manifest_and_its_config_are_read_from_an_open_registry()
    {
        Assert.SkipUnless(RegistryProcess.IsInstalled, RegistryProcess.NotInstalled);
        await using var registry = await RegistryProcess.StartAsync();
        var digest = await registry.PushAsync("1.2.0");
        var client = new ContainerRegistryContentClient(registry.Endpoint, Repository, Options());

        var byTag = (await client.GetManifestAsync("1.2.0", Token)).Value;
        var byDigest = (await client.GetManifestAsync(digest, Token)).Value;

        Assert.Equal(digest, byTag.Digest);
        Assert.Equal("application/vnd.oci.image.index.v1+json", (string)byTag.MediaType);
        Assert.Equal(byTag.Manifest.ToArray(), byDigest.Manifest.ToArray());
        var child = byTag.Manifest.ToObjectFromJson<System.Text.Json.JsonElement>().GetProperty("manifests")[1].GetProperty("digest").GetString()!;
        var config = (await client.GetManifestAsync(child, Token)).Value.Manifest.ToObjectFromJson<System.Text.Json.JsonElement>()
            .GetProperty("config").GetProperty("digest").GetString()!;
        using var blob = (await client.DownloadBlobStreamingAsync(config, Token)).Value;
        Assert.Equal(config, $"sha256:{Convert.ToHexStringLower(await SHA256.HashDataAsync(blob.Content, Token))}");
    }

    [Fact]
    public async Task A_registry_that_asks_for_a_token_gets_one_by_the_exchange_and_both_tokens_are_kept()
    {
        Assert.SkipUnless(RegistryProcess.IsInstalled, RegistryProcess.NotInstalled);
        await using var server = await ExchangeServer.StartAsync();
        var digest = await PushThroughAsync(server);
        var client = new ContainerRegistryContentClient(server.Endpoint, Repository, ExchangeServer.Entra(), Options());

        Assert.Equal(digest, (await client.GetManifestAsync("1.2.0", Token)).Value.Digest);
        Assert.Equal(digest, (await client.GetManifestAsync(digest, Token)).Value.Digest);

        Assert.Single(server.Requests, r => r == "exchange");
        Assert.Single(server.Requests, r => r == "token repository:fleet/sensor:pull");
    }

    [Fact]
    public async Task A_token_that_is_too_narrow_ends_in_401_after_one_more_try()
    {
        Assert.SkipUnless(RegistryProcess.IsInstalled, RegistryProcess.NotInstalled);
        await using var server = await ExchangeServer.StartAsync();
        server.AllowedRepository = "another";
        var client = new ContainerRegistryContentClient(server.Endpoint, Repository, ExchangeServer.Entra(), Options());

        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => client.GetManifestAsync("1.2.0", Token));

        Assert.Equal(401, refused.Status);
        Assert.Equal(2, server.Requests.Count(r => r.StartsWith("GET /v2/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_entra_token_the_registry_does_not_take_is_an_error()
    {
        Assert.SkipUnless(RegistryProcess.IsInstalled, RegistryProcess.NotInstalled);
        await using var server = await ExchangeServer.StartAsync();
        var client = new ContainerRegistryContentClient(server.Endpoint, Repository, ExchangeServer.Entra("another"), Options());

        Assert.Equal(401, (await Assert.ThrowsAsync<RequestFailedException>(() => client.GetManifestAsync("1.2.0", Token))).Status);
    }

    [Fact]
    public async Task Without_a_credential_an_anonymous_token_is_asked_for()
    {
        Assert.SkipUnless(RegistryProcess.IsInstalled, RegistryProcess.NotInstalled);
        await using var server = await ExchangeServer.StartAsync();
        var digest = await PushThroughAsync(server);
        server.AllowAnonymous = true;
        var client = new ContainerRegistryContentClient(server.Endpoint, Repository, Options());

        Assert.Equal(digest, (await client.GetManifestAsync("1.2.0", Token)).Value.Digest);
        Assert.DoesNotContain("exchange", server.Requests);
    }

    [Theory]
    [InlineData(4 * 1024 * 1024, true)]
    [InlineData(4 * 1024 * 1024 + 1, false)]
    public async Task A_manifest_may_have_four_mebibytes_and_no_more(int bytes, bool taken)
    {
        await using var server = await FakeRegistry.StartAsync(new byte[bytes]);
        var client = new ContainerRegistryContentClient(server.Endpoint, Repository, Options());

        if (taken)
            Assert.Equal(bytes, (await client.GetManifestAsync("1.2.0", Token)).Value.Manifest.ToMemory().Length);
        else
            await Assert.ThrowsAsync<RequestFailedException>(() => client.GetManifestAsync("1.2.0", Token));
    }

    [Fact]
    public async Task Content_without_the_digest_asked_for_is_refused()
    {
        await using var server = await FakeRegistry.StartAsync("{}"u8.ToArray());
        var client = new ContainerRegistryContentClient(server.Endpoint, Repository, Options());

        await Assert.ThrowsAsync<RequestFailedException>(() => client.GetManifestAsync($"sha256:{new string('0', 64)}", Token));
    }

    [Fact]
    public async Task Content_without_the_digest_the_registry_names_is_refused()
    {
        await using var server = await FakeRegistry.StartAsync("{}"u8.ToArray(), namedDigest: $"sha256:{new string('0', 64)}");
        var client = new ContainerRegistryContentClient(server.Endpoint, Repository, Options());

        await Assert.ThrowsAsync<RequestFailedException>(() => client.GetManifestAsync("1.2.0", Token));
    }

    [Fact]
    public async Task A_redirected_blob_is_fetched_without_the_registry_s_token()
    {
        await using var storage = await FakeRegistry.StartAsync(Encoding.UTF8.GetBytes("the blob"));
        await using var server = await FakeRegistry.StartAsync("{}"u8.ToArray(), challenge: true, redirectBlobsTo: storage.Endpoint);
        var client = new ContainerRegistryContentClient(server.Endpoint, Repository, ExchangeServer.Entra(), Options());

        using var blob = (await client.DownloadBlobStreamingAsync($"sha256:{new string('1', 64)}", Token)).Value;
        using var reader = new StreamReader(blob.Content);

        Assert.Equal("the blob", await reader.ReadToEndAsync(Token));
        Assert.Contains("Bearer fake-access", server.Authorizations);
        Assert.Equal([""], storage.Authorizations);
    }

    [Fact]
    public void Plain_http_is_for_loopback_addresses() =>
        Assert.Throws<ArgumentException>(() => new ContainerRegistryContentClient(new Uri("http://registry.example.com"), Repository, Options()));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static ContainerRegistryClientOptions Options()
    {
        var options = new ContainerRegistryClientOptions();
        options.Retry.MaxRetries = 0;
        return options;
    }

    /// <summary>Pushes as a client that logs in in Docker's way does; skopeo does not.</summary>
    private static async Task<string> PushThroughAsync(ExchangeServer server)
    {
        var auth = Path.GetTempFileName();
        try
        {
            var login = Convert.ToBase64String("reader:secret-password"u8);
            await File.WriteAllTextAsync(auth, System.Text.Json.JsonSerializer.Serialize(new { auths = new Dictionary<string, object> { [server.Host] = new { auth = login } } }));
            var digest = await RegistryProcess.RunAsync("env", $"REGISTRY_AUTH_FILE={auth}", RegistryProcess.PushImage, "--registry", server.Host, "--tag", "1.2.0");
            server.Requests.Clear();
            return digest;
        }
        finally
        {
            File.Delete(auth);
        }
    }
}
