using System.Diagnostics;
using Azure.Core;
using Azure.Core.Pipeline;
using IoTBackend.Adapters.Releases.Images;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;
using Local.Tests.ContainerRegistry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace Adapters.Tests.Releases.Images;

/// <summary>Registries that mean harm, are broken, or are merely not strict.</summary>
public sealed class HostileRegistryTests
{
    private const string Index = """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""";

    private readonly FakeTimeProvider _time = new(new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("token", 200)]
    [InlineData("token", 500)]
    [InlineData("manifest", 200)]
    [InlineData("manifest", 400)]
    [InlineData("manifest", 503)]
    [InlineData("tags", 200)]
    [InlineData("blob", 200)]
    public async Task An_answer_without_end_is_cut_off(string what, int status)
    {
        await using var registry = await OwnRegistry.StartAsync(async (context, self) =>
        {
            if (what == "token" && context.Request.Path.StartsWithSegments("/v2"))
            {
                Challenge(context, $"Bearer realm=\"{self.Endpoint}token\",service=\"s\",scope=\"repository:fleet/sensor:pull\"");
                return;
            }

            context.Response.StatusCode = status;
            context.Response.ContentType = "application/vnd.oci.image.index.v1+json";
            await self.WriteForeverAsync(context);
        });
        var call = what switch
        {
            "tags" => (Func<Task>)(async () => await Reader().ListTagsAsync(Source(registry), Token).ToListAsync(Token)),
            "blob" => () => Reader().ReadBlobAsync(Source(registry), $"sha256:{new string('1', 64)}", 100_000, Token),
            _ => () => Reader().ReadManifestAsync(Source(registry), "1.2.0", Token),
        };
        var ended = await Record.ExceptionAsync(call);
        Assert.True(status >= 500 ? ended is UnavailableException : ended is RegistryContentException, $"{ended}");
        // What the kernel's buffers of three connections hold on top of what was read.
        Assert.InRange(registry.Sent, 0, 40_000_000);
    }

    [Theory]
    [InlineData("silent")]
    [InlineData("dripping")]
    public async Task A_registry_that_takes_its_time_is_given_up_after_half_a_minute(string how)
    {
        var asked = new TaskCompletionSource();
        await using var registry = await OwnRegistry.StartAsync(async (context, _) =>
        {
            context.Response.ContentType = "application/vnd.oci.image.index.v1+json";
            if (how == "dripping")
                await context.Response.Body.WriteAsync(" "u8.ToArray(), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        var read = Reader().ReadManifestAsync(Source(registry), "1.2.0", Token);
        await asked.Task.WaitAsync(TimeSpan.FromMinutes(1), Token);
        _time.Advance(IRegistryReader.Patience);
        await Assert.ThrowsAsync<UnavailableException>(() => read);
    }

    [Theory]
    [InlineData("90", 90)]
    [InlineData("21600", 900)]
    [InlineData("Mon, 23 Nov 2026 10:01:30 GMT", 90)]
    public async Task A_registry_that_says_when_to_come_back_is_left_alone_until_then_and_nobody_waits(string retryAfter, int seconds)
    {
        await using var busy = await OwnRegistry.StartAsync((context, _) => BusyAsync(context, retryAfter));
        await using var other = await OwnRegistry.StartAsync((context, _) => ManifestAsync(context, Index));
        var reader = Reader();
        var watch = Stopwatch.StartNew();

        await Assert.ThrowsAsync<UnavailableException>(() => reader.LookAsync(Source(busy), "1.2.0", null, Token));
        await Assert.ThrowsAsync<UnavailableException>(() => reader.LookAsync(Source(busy, "fleet/other"), "1.2.0", null, Token));
        Assert.NotNull(await reader.ReadManifestAsync(Source(other), "1.2.0", Token));
        Assert.Single(busy.Requests);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(1));

        _time.Advance(TimeSpan.FromSeconds(seconds - 1));
        await Assert.ThrowsAsync<UnavailableException>(() => reader.LookAsync(Source(busy), "1.2.0", null, Token));
        Assert.Single(busy.Requests);
        _time.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<UnavailableException>(() => reader.LookAsync(Source(busy), "1.2.0", null, Token));
        Assert.Equal(2, busy.Requests.Count);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(501)]
    public async Task A_registry_without_a_use_for_HEAD_is_read(int status)
    {
        await using var registry = await OwnRegistry.StartAsync((context, _) =>
        {
            context.Response.StatusCode = status;
            return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : ManifestAsync(context, Index);
        });
        var look = await Reader().LookAsync(Source(registry), "1.2.0", null, Token);
        var manifest = (await Reader().ReadManifestAsync(Source(registry), "1.2.0", Token))!;
        Assert.Equal(manifest.Digest, look.Digest);
        Assert.True((await Reader().LookAsync(Source(registry), "1.2.0", manifest.Digest, Token)).Unchanged);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    [InlineData("application/vnd.oci.image.index.v1+json; charset=utf-8")]
    public async Task A_manifest_in_pieces_and_of_no_certain_type_is_read(string? contentType)
    {
        await using var registry = await OwnRegistry.StartAsync(async (context, _) =>
        {
            context.Response.ContentType = contentType;
            foreach (var part in Index.Chunk(20))
            {
                await context.Response.WriteAsync(new string(part), Token);
                await context.Response.Body.FlushAsync(Token);
            }
        });
        Assert.Equal(MediaTypes.OciIndex, (await Reader().ReadManifestAsync(Source(registry), "1.2.0", Token))!.MediaType);
    }

    [Theory]
    [InlineData("Basic realm=\"r\", Bearer realm=\"TOKEN\",service=\"s\",scope=\"SCOPE\"")]
    [InlineData("Bearer realm=\"TOKEN\" , service=\"a \\\"quoted\\\" one\", scope=\"SCOPE\", Basic realm=\"r\"")]
    [InlineData("Negotiate|Basic realm=\"r\"|Bearer realm=TOKEN, scope=\"SCOPE\"")]
    public async Task Where_basic_and_bearer_are_offered_a_token_is_got(string offered)
    {
        await using var registry = await OwnRegistry.StartAsync((context, self) => TokenRegistryAsync(context, self, offered));
        Assert.NotNull(await Reader().ReadManifestAsync(Source(registry, credential: "reader"), "1.2.0", Token));
        Assert.Contains(registry.Requests, r => r.StartsWith("GET /token", StringComparison.Ordinal) && r.EndsWith("Basic cmVhZGVyOnNlY3JldA==", StringComparison.Ordinal));
        Assert.DoesNotContain(registry.Requests, r => r.StartsWith("GET /v2", StringComparison.Ordinal) && r.Contains("Basic", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_repositories_keep_a_token_each()
    {
        await using var registry = await OwnRegistry.StartAsync((context, self) => TokenRegistryAsync(context, self, "Bearer realm=\"TOKEN\",service=\"s\",scope=\"SCOPE\""));
        var reader = Reader();
        for (var turn = 0; turn < 5; turn++)
        {
            foreach (var repository in new[] { "fleet/sensor", "fleet/gateway" })
                Assert.NotNull(await reader.ReadManifestAsync(Source(registry, repository, "reader"), "1.2.0", Token));
        }

        Assert.Equal(2, registry.Requests.Count(r => r.StartsWith("GET /token", StringComparison.Ordinal)));
        Assert.Equal(2 + 10, registry.Requests.Count(r => r.StartsWith("GET /v2", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_registry_that_asks_for_another_scope_each_time_gets_no_more_memory_for_tokens()
    {
        var asked = 0;
        await using var registry = await OwnRegistry.StartAsync((context, self) =>
        {
            if (context.Request.Path.StartsWithSegments("/token"))
                return context.Response.WriteAsJsonAsync(new { token = new string('a', 16_000), expires_in = 3600 }, Token);
            Challenge(context, $"Bearer realm=\"{self.Endpoint}token\",service=\"s\",scope=\"repository:{Interlocked.Increment(ref asked)}:pull\"");
            return Task.CompletedTask;
        });
        var tokens = new RegistryTokens(registry.Endpoint, null, null, "r.example.com", _time);
        var pipeline = HttpPipelineBuilder.Build(new RegistryClientOptions(new RegistryLogin(tokens, "fleet/sensor")));
        for (var i = 0; i < 2000; i++)
        {
            using var message = pipeline.CreateMessage();
            message.Request.Uri.Reset(new Uri(registry.Endpoint, "/v2/fleet/sensor/tags/list"));
            await pipeline.SendAsync(message, Token);
            Assert.Equal(401, message.Response.Status);
        }

        Assert.InRange(asked, 2000, 4000);
        Assert.Equal(1, tokens.Count);
    }

    [Theory]
    [InlineData(17_000, 10, "a token of more than 16384 characters")]
    [InlineData(10, 600, "a scope of more than 512 characters")]
    public async Task A_token_or_a_scope_that_is_none_is_not_taken(int token, int scope, string reason)
    {
        await using var registry = await OwnRegistry.StartAsync((context, self) =>
        {
            if (context.Request.Path.StartsWithSegments("/token"))
                return context.Response.WriteAsJsonAsync(new { token = new string('a', token) }, Token);
            Challenge(context, $"Bearer realm=\"{self.Endpoint}token\",service=\"s\",scope=\"{new string('s', scope)}\"");
            return Task.CompletedTask;
        });
        var refused = await Assert.ThrowsAsync<RegistryContentException>(() => Reader().ReadManifestAsync(Source(registry), "1.2.0", Token));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The same machine under another name is another host.</summary>
    [Theory]
    [InlineData(null, false)]
    [InlineData("localhost", true)]
    public async Task A_credential_goes_to_a_foreign_realm_only_where_an_operator_named_it(string? tokenHost, bool sent)
    {
        await using var thief = await OwnRegistry.StartAsync((context, _) => context.Response.WriteAsJsonAsync(new { token = "a-token" }, Token));
        var realm = new UriBuilder(thief.Endpoint) { Host = "localhost" };
        await using var registry = await OwnRegistry.StartAsync((context, self) =>
            TokenRegistryAsync(context, self, $"Bearer realm=\"{realm}token\",service=\"s\",scope=\"SCOPE\""));
        var read = () => Reader().ReadManifestAsync(Source(registry, credential: "reader", tokenHost: tokenHost), "1.2.0", Token);
        if (sent)
            Assert.NotNull(await read());
        else
            Assert.Contains("localhost", (await Assert.ThrowsAsync<RegistryRefusedException>(read)).Message, StringComparison.Ordinal);
        Assert.Equal(sent, !thief.Requests.IsEmpty);
    }

    [Theory]
    [InlineData("http://elsewhere.example.com/v2/fleet/sensor/tags/list?last=a&n=1", true)]
    [InlineData("https://127.0.0.1:1/v2/fleet/sensor/tags/list?last=a&n=1", true)]
    [InlineData("/v2/fleet/sensor/tags/list?last=a&n=1", true)]
    [InlineData("?last=a&n=1", true)]
    [InlineData("/v2/fleet/sensor/tags/list?n=1000", false)]
    [InlineData("http://elsewhere.example.com/steal", false)]
    public async Task The_next_page_is_looked_for_at_the_registry_whatever_host_it_names(string next, bool followed)
    {
        await using var registry = await OwnRegistry.StartAsync((context, _) =>
        {
            var first = !context.Request.QueryString.Value!.Contains("last=a", StringComparison.Ordinal);
            if (first)
                context.Response.Headers.Link = $"<{next}>; rel=\"next\"";
            return context.Response.WriteAsJsonAsync(new { name = "fleet/sensor", tags = new[] { first ? "a" : "b" } }, Token);
        });
        Assert.Equal(followed ? ["a", "b"] : ["a"], await Reader().ListTagsAsync(Source(registry), Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_list_of_tags_without_end_ends()
    {
        var page = 0;
        await using var registry = await OwnRegistry.StartAsync((context, _) =>
        {
            context.Response.Headers.Link = $"</v2/fleet/sensor/tags/list?last={++page}>; rel=\"next\"";
            return context.Response.WriteAsJsonAsync(new { tags = Enumerable.Range(0, 100).Select(i => $"{page}-{i}") }, Token);
        });
        Assert.Equal(20_000, await Reader().ListTagsAsync(Source(registry), Token).CountAsync(Token));
        Assert.Equal(200, page);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", "private")]
    [InlineData("https://10.0.0.1", "private")]
    [InlineData("https://169.254.169.254", "link-local")]
    [InlineData("https://[::ffff:0:10.0.0.1]", "private")]
    [InlineData("https://[64:ff9b:1::a00:1]", "link-local")]
    public async Task A_registry_at_an_address_that_channels_may_not_use_is_not_called(string endpoint, string why)
    {
        using var clients = new RegistryClients(ExchangeServer.Entra(), new ConfigurationBuilder().Build(), new(), _time);
        var source = new ImageSource(new() { Host = "r.example.com", Endpoint = new(endpoint), Kind = RegistryKind.Distribution }, "fleet/sensor");
        var refused = await Assert.ThrowsAsync<RegistryRefusedException>(() => new RegistryReader(clients, new(_time), _time).ReadManifestAsync(source, "1.2.0", Token));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_other_answer_is_content_that_cannot_be_used()
    {
        foreach (var status in new[] { 204, 302, 400, 406, 410, 418, 451 })
        {
            await using var registry = await OwnRegistry.StartAsync((context, _) =>
            {
                context.Response.StatusCode = status;
                return Task.CompletedTask;
            });
            var told = await Assert.ThrowsAsync<RegistryContentException>(() => Reader().ReadManifestAsync(Source(registry), "1.2.0", Token));
            Assert.Contains($"{status}", told.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>The login alone, without what is around it.</summary>
    private sealed class RegistryClientOptions : ClientOptions
    {
        public RegistryClientOptions(HttpPipelinePolicy login)
        {
            Retry.MaxRetries = 0;
            AddPolicy(login, HttpPipelinePosition.PerRetry);
        }
    }

    private static void Challenge(HttpContext context, string offered)
    {
        context.Response.StatusCode = 401;
        context.Response.Headers.WWWAuthenticate = offered.Split('|');
    }

    private static Task BusyAsync(HttpContext context, string retryAfter)
    {
        context.Response.StatusCode = 429;
        context.Response.Headers.RetryAfter = retryAfter;
        return Task.CompletedTask;
    }

    private static async Task ManifestAsync(HttpContext context, string manifest)
    {
        context.Response.StatusCode = 200;
        context.Response.ContentType = "application/vnd.oci.image.index.v1+json";
        await context.Response.WriteAsync(manifest, Token);
    }

    /// <summary>Gives a token for one repository and takes no other for it.</summary>
    private static Task TokenRegistryAsync(HttpContext context, OwnRegistry self, string offered)
    {
        var path = context.Request.Path.Value!;
        if (path.StartsWith("/token", StringComparison.Ordinal))
            return context.Response.WriteAsJsonAsync(new { token = $"a-token-{context.Request.Query["scope"].ToString().Replace(':', '.')}" }, Token);
        var scope = $"repository:{path.Split("/manifests/")[0]["/v2/".Length..]}:pull";
        if (context.Request.Headers.Authorization.ToString() is not { } given
            || (given != $"Bearer a-token-{scope.Replace(':', '.')}" && given != "Bearer a-token"))
        {
            Challenge(context, offered.Replace("TOKEN", $"{self.Endpoint}token", StringComparison.Ordinal).Replace("SCOPE", scope, StringComparison.Ordinal));
            return Task.CompletedTask;
        }

        return ManifestAsync(context, Index);
    }

    private static ImageSource Source(OwnRegistry registry, string repository = "fleet/sensor", string? credential = null, string? tokenHost = null) => new(
        new() { Host = registry.Endpoint.Authority, Endpoint = registry.Endpoint, Kind = RegistryKind.Distribution, Credential = credential, TokenHost = tokenHost }, repository);

    private RegistryReader Reader() => new(
        new(ExchangeServer.Entra(), new ConfigurationBuilder().AddInMemoryCollection([new("Releases:Credentials:reader", "reader:secret")]).Build(),
            new() { AllowPrivateRegistries = true }, _time),
        new(_time), _time);
}
