using System.Diagnostics;
using System.Text;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Pushes;
using Local.Tests.ContainerRegistry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Adapters.Tests.Releases.Gates;

/// <summary>Memory is measured, so nothing else runs meanwhile.</summary>
[CollectionDefinition(nameof(AloneWithItsMemory), DisableParallelization = true)]
public sealed class AloneWithItsMemory;

/// <summary>What a registry, or whoever may push to it, can attach to an image to hurt the backend: each is a gate's reason, within bounds.</summary>
[Collection(nameof(AloneWithItsMemory))]
public sealed class HostileEvidenceTests
{
    private const long Megabyte = 1024 * 1024;

    private static readonly string Other = $"sha256:{new string('9', 64)}";

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("an SBOM of 100 MB", "104857600 bytes, more than the 20971520 that are read", 20)]
    [InlineData("a SARIF of 50 MB", "52428800 bytes, more than the 20971520 that are read", 20)]
    [InlineData("without end, and says 10 bytes", "The registry sent more than 20971520 bytes", 160)]
    [InlineData("another blob", "The registry sent a blob that is not", 20)]
    [InlineData("another manifest", "The registry sent a manifest that is not", 20)]
    [InlineData("no JSON", "not JSON", 20)]
    [InlineData("of another image", "it names another image", 20)]
    [InlineData("nested without end", "not JSON", 60)]
    [InlineData("fifty of them", "Only 40 of what is attached was read", 60)]
    public async Task It_is_said_in_the_reason_and_costs_no_more_than_its_bound(string what, string reason, int mostMegabytes)
    {
        await using var registry = await ReferrersRegistry.StartAsync();
        var world = new GateWorld(registry.Endpoint, _time);
        var digest = await PushAsync(registry);
        await AttachAsync(registry, digest, what);
        var (before, watch) = (GC.GetTotalAllocatedBytes(true), Stopwatch.StartNew());

        var release = await world.JudgeAsync(new() { Sbom = true, Vulnerabilities = new() });

        var allocated = (GC.GetTotalAllocatedBytes(true) - before) / Megabyte;
        Assert.Equal([Verdict.Waiting, Verdict.Waiting], Of(release).Select(g => g.Verdict));
        Assert.All(Of(release), gate => Assert.Contains(reason, gate.Reason, StringComparison.Ordinal));
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Equal([Verdict.Held, Verdict.Held], Of(await world.JudgeAsync(new() { Sbom = true, Vulnerabilities = new() })).Select(g => g.Verdict));
        TestContext.Current.SendDiagnosticMessage("{0}: {1} MB, {2} ms, {3} requests", what, allocated, watch.ElapsedMilliseconds, registry.Requests.Count);
        Assert.InRange(allocated, 0, mostMegabytes);
        Assert.InRange(registry.Requests.Count, 1, 130);
    }

    [Fact]
    public async Task One_that_drips_is_given_up_and_others_go_out_meanwhile()
    {
        await using var slow = await ReferrersRegistry.StartAsync();
        await using var good = await ReferrersRegistry.StartAsync();
        var world = new GateWorld(slow.Endpoint, _time);
        var (hostile, honest) = (await PushAsync(slow), await PushAsync(good));
        var dripping = new TaskCompletionSource();
        slow.Instead = async context =>
        {
            if (!context.Request.Path.Value!.Contains("/referrers/", StringComparison.Ordinal))
                return false;
            await context.Response.Body.WriteAsync(" "u8.ToArray(), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            dripping.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        foreach (var (name, registry, gates) in new[] { ("slow", slow, new TrackGates { Sbom = true }), ("good", good, new TrackGates()) })
        {
            await world.Stores.SaveAsync(new RegistryConfiguration { Host = registry.Host, Endpoint = registry.Endpoint, Kind = RegistryKind.Distribution }, Token);
            await world.Stores.SaveAsync(new Track { Name = name, Registry = registry.Host, Repository = GateWorld.Repository, Targets = new() { Groups = ["*"] }, Gates = gates }, Token);
        }

        var offers = world.Stores.OfferAtOnce(_time);
        var reconciling = new ReconcilePushes(world.Stores, world.Stores, world.Stores, world.Reader, world.Follow, offers, world.Stores, _time).RunAsync(Token);
        await dripping.Task.WaitAsync(TimeSpan.FromSeconds(60), Token);
        while (await world.Stores.CurrentAsync("good", Token) is null)
            await Task.Delay(10, Token);
        Assert.False(reconciling.IsCompleted);

        _time.Advance(IRegistryReader.Patience);
        await reconciling;
        var waits = world.Stores.Releases.Single(r => r.Track == "slow");
        Assert.Equal((hostile, Verdict.Waiting), (waits.Digest, waits.Gates.Single(g => g.Gate == "sbom").Verdict));
        Assert.Equal(honest, world.Stores.Releases.Single(r => r.Track == "good").Digest);
    }

    [Fact]
    public async Task An_hour_without_a_registry_delays_a_push_and_loses_none()
    {
        await using var registry = await ReferrersRegistry.StartAsync();
        var world = new GateWorld(registry.Endpoint, _time);
        var digest = await PushAsync(registry);
        registry.Instead = context =>
        {
            context.Response.StatusCode = 503;
            return Task.FromResult(true);
        };
        await world.Stores.SaveAsync(new RegistryConfiguration { Host = registry.Host, Endpoint = registry.Endpoint, Kind = RegistryKind.Distribution }, Token);
        await world.Stores.SaveAsync(new Track { Name = "sensor", Registry = registry.Host, Repository = GateWorld.Repository, Targets = new() { Groups = ["*"] } }, Token);
        using var fleet = new IoTBackend.Core.Releases.Exposures.FleetImages(world.Stores, world.Stores, world.Stores, world.Stores, _time);
        var pushes = new FollowPush(world.Stores, world.Stores, world.Stores, world.Follow, new(world.Stores, world.Stores, world.Stores, fleet, world.Evidence, world.Stores, world.Stores, _time), world.Stores, _time);
        var (began, work) = (_time.GetUtcNow(), (object)new ReadPushWork([registry.Host], GateWorld.Repository, "1.0.0", _time.GetUtcNow()));
        var times = 0;
        while (world.Stores.Releases.Any() is false)
        {
            Assert.InRange(++times, 1, 20);
            await pushes.RunAsync(System.Text.Json.JsonSerializer.Serialize((ReadPushWork)work, IoTBackend.Core.Shared.WireJson.Options), Token);
            if (world.Stores.Later is [var (again, after)])
            {
                world.Stores.Later.Clear();
                _time.Advance(after);
                work = again;
            }

            if (_time.GetUtcNow() - began > TimeSpan.FromHours(1))
                registry.Instead = null;
        }

        Assert.Equal(digest, world.Stores.Releases.Single().Digest);
        Assert.NotNull(await world.Stores.CurrentAsync("sensor", Token));
        Assert.InRange(_time.GetUtcNow() - began, TimeSpan.FromHours(1), TimeSpan.FromMinutes(90));
    }

    private static IEnumerable<GateVerdict> Of(Release release) => release.Gates.Where(g => g.Gate is "sbom" or "vulnerabilities");

    private static async Task<string> PushAsync(ReferrersRegistry registry)
    {
        using var pusher = new RegistryPusher(registry.Endpoint, GateWorld.Repository);
        var config = await pusher.BlobAsync("""{"os":"linux","architecture":"arm64","config":{}}"""u8.ToArray());
        var layer = await pusher.BlobAsync(Encoding.UTF8.GetBytes(registry.Host));
        return await pusher.ManifestAsync(new
        {
            schemaVersion = 2,
            mediaType = MediaTypes.OciManifest,
            config = new { mediaType = MediaTypes.OciConfig, digest = config, size = 1 },
            layers = new[] { new { mediaType = "application/vnd.oci.image.layer.v1.tar", digest = layer, size = 10 } },
        }, tag: "1.0.0");
    }

    private static async Task AttachAsync(ReferrersRegistry registry, string digest, string what)
    {
        using var pusher = new RegistryPusher(registry.Endpoint, GateWorld.Repository);
        var content = Encoding.UTF8.GetBytes(what == "nested without end" ? new string('[', 5_000_000) : $"not what it was said to be: {what}");
        for (var i = 0; i < (what == "fifty of them" ? 50 : 1); i++)
            await AttachOneAsync(pusher, digest, what, [.. content, (byte)i]);
        registry.Instead = context => InsteadAsync(context, registry, digest, what);
        registry.Requests.Clear();
    }

    private static async Task AttachOneAsync(RegistryPusher pusher, string digest, string what, byte[] content)
    {
        var layer = await pusher.BlobAsync(content);
        var size = what switch { "an SBOM of 100 MB" => 100 * Megabyte, "a SARIF of 50 MB" => 50 * Megabyte, "without end, and says 10 bytes" => 10, _ => content.Length };
        await pusher.ManifestAsync(new
        {
            schemaVersion = 2,
            mediaType = MediaTypes.OciManifest,
            artifactType = "application/sarif+json",
            config = new { mediaType = "application/vnd.oci.empty.v1+json", digest = $"sha256:{new string('0', 64)}", size = 2 },
            layers = new[] { new { mediaType = "application/sarif+json", digest = layer, size } },
            subject = new { mediaType = MediaTypes.OciManifest, digest = what == "of another image" ? Other : digest, size = 1 },
        });
    }

    /// <summary>Whether it was answered here.</summary>
    private static async Task<bool> InsteadAsync(HttpContext context, ReferrersRegistry registry, string digest, string what)
    {
        var path = context.Request.Path.Value!;
        if (what == "of another image")
            context.Request.Path = path.Replace($"/referrers/{digest}", $"/referrers/{Other}", StringComparison.Ordinal);
        var image = path.EndsWith(digest, StringComparison.Ordinal) || path.EndsWith("/1.0.0", StringComparison.Ordinal) || !registry.Requests.Any(r => r.Contains("/referrers/", StringComparison.Ordinal));
        if (image)
            return false;
        switch (what)
        {
            case "without end, and says 10 bytes" or "an SBOM of 100 MB" or "a SARIF of 50 MB" when path.Contains("/blobs/", StringComparison.Ordinal):
                var chunk = new byte[64 * 1024];
                try
                {
                    for (var sent = 0L; sent < 200 * Megabyte; sent += chunk.Length)
                        await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
                }
                catch (OperationCanceledException)
                {
                    // They had enough.
                }

                return true;
            case "another blob" when path.Contains("/blobs/", StringComparison.Ordinal):
                await context.Response.WriteAsync("something else", Token);
                return true;
            case "another manifest" when path.Contains("/manifests/", StringComparison.Ordinal) && !path.Contains("/sha256-", StringComparison.Ordinal):
                context.Response.ContentType = MediaTypes.OciManifest;
                await context.Response.WriteAsync("{}", Token);
                return true;
            default:
                return false;
        }
    }
}
