using System.Diagnostics;
using System.Security.Cryptography;
using Azure.Identity;
using IoTBackend.Adapters.Changes;
using IoTBackend.Adapters.Releases;
using IoTBackend.Adapters.Releases.Desired;
using IoTBackend.Adapters.Releases.Images;
using IoTBackend.Adapters.Shared;
using IoTBackend.Adapters.State;
using IoTBackend.Benchmarks.Processing;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Signals;
using Local.Tests.ContainerRegistry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace IoTBackend.Benchmarks.Gates;

/// <summary>
/// What is out, judged again where nothing is new: with the referrers API, and with Debian's docker-registry, behind one that counts. Stores are the
/// real ones on the storage emulator.
/// </summary>
internal static class RecheckBenchmark
{
    private const string Repository = "fleet/bench";

    public static async Task RunAsync(BenchStorage storage, int releases)
    {
        await using (var own = await ReferrersRegistry.StartAsync())
            await MeasureAsync(storage, own, own.Endpoint, "a", "API, evidence attached", releases, attached: true);
        if (!RegistryProcess.IsInstalled)
        {
            Console.Error.WriteLine($"left out: {RegistryProcess.NotInstalled}");
            return;
        }

        await using var debian = await RegistryProcess.StartAsync();
        using var behind = new HttpClient { BaseAddress = debian.Endpoint };
        foreach (var attached in new[] { true, false })
        {
            // One of its own each: what was out before is judged again, too.
            await using var counting = await ReferrersRegistry.StartAsync();
            counting.Instead = context => ForwardAsync(context, behind);
            await MeasureAsync(storage, counting, debian.Endpoint, attached ? "b" : "c", attached ? "tag, evidence attached" : "tag, nothing attached", releases, attached);
        }
    }

    private static async Task MeasureAsync(BenchStorage storage, ReferrersRegistry registry, Uri pushTo, string prefix, string what, int releases, bool attached)
    {
        Console.Error.WriteLine($"judged again: {what}");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var images = new PushedImages(pushTo, Repository, key, 0);
        var digest = await images.MakeAsync(attached ? "1.0.0" : "2.0.0", attached);
        var (tracks, stored) = (new TableTracks(storage.Tables), new TableReleases(storage.Tables, new ChangeNotes(new(storage.Tables, TimeProvider.System), TimeProvider.System)));
        var names = Enumerable.Range(0, releases).Select(i => $"{prefix}{i}");
        await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (name, token) =>
        {
            var release = Made(name, registry.Host, digest);
            await tracks.SaveAsync(new() { Name = name, Registry = registry.Host, Repository = Repository, Targets = new() { Groups = ["*"] }, Gates = new() { Vulnerabilities = new() } }, token);
            await stored.TrySaveAsync(release, null, token);
            await tracks.TrySetCurrentAsync(name, release.Id, await tracks.CurrentAsync(name, token), token);
        });

        using var clients = new RegistryClients(new ManagedIdentityCredential(ManagedIdentityId.SystemAssigned), new ConfigurationBuilder().Build(), new() { AllowPrivateRegistries = true }, TimeProvider.System);
        var evidence = new EvidenceReader(new RegistryReader(clients, new(TimeProvider.System), TimeProvider.System), new BlobEvidence(storage.Blobs), TimeProvider.System);
        using var fleet = new FleetImages(
            stored, new TableDesiredStates(storage.Tables, new(storage.Tables, TimeProvider.System), new(TimeProvider.System)),
            new TableDeviceStates(storage.Tables, new OutboxRelay(new Nobody(), NullLogger<OutboxRelay>.Instance), NoLetters.Damaged, Options.Create(new DeviceStateOptions())), new BlobFleetPictures(storage.Blobs), TimeProvider.System);
        var nobody = new Nobody();
        var watch = new WatchReleases(tracks, stored, new One(new() { Host = registry.Host, Endpoint = registry.Endpoint }), fleet, evidence, nobody, nobody, TimeProvider.System);
        await watch.RunAsync(CancellationToken.None);
        registry.Requests.Clear();
        var (sent, began) = (registry.Sent, Stopwatch.GetTimestamp());
        var failed = await watch.RunAsync(CancellationToken.None);
        var answers = registry.Requests.CountBy(r => r.Split(' ')[0]).OrderBy(a => a.Key).Select(a => $"{a.Value} x {a.Key}");
        GateBenchmark.Print(
            $"{releases} out, judged again: {what}", $"{registry.Requests.Count} requests ({string.Join(", ", answers)}), {registry.Sent - sent} bytes, {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s, {failed.Count} failed");
    }

    private static Release Made(string track, string registry, string digest) => new()
    {
        Id = Release.IdOf(track, digest),
        Track = track,
        Registry = registry,
        Repository = Repository,
        Digest = digest,
        MediaType = MediaTypes.OciManifest,
        Tag = "1.0.0",
        FirstSeenAt = TimeProvider.System.GetUtcNow(),
        ActivatedAt = TimeProvider.System.GetUtcNow(),
        Platforms = [new("linux/arm64", digest, 10)],
    };

    private static async Task<bool> ForwardAsync(HttpContext context, HttpClient to)
    {
        using var request = new HttpRequestMessage(new(context.Request.Method), context.Request.Path + context.Request.QueryString);
        foreach (var name in new[] { "Accept", "If-None-Match" })
            request.Headers.TryAddWithoutValidation(name, context.Request.Headers[name].AsEnumerable());
        using var response = await to.SendAsync(request);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var header in response.Headers.Concat(response.Content.Headers).Where(h => h.Key != "Transfer-Encoding"))
            context.Response.Headers[header.Key] = header.Value.ToArray();
        if (response.StatusCode != System.Net.HttpStatusCode.NotModified && context.Request.Method != "HEAD")
            await response.Content.CopyToAsync(context.Response.Body);
        return true;
    }

    private sealed class Nobody : IReleasePause, IAlertQueue
    {
        public Task PauseAsync(string releaseId, string reason, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task EnqueueAsync(AlertTransition transition, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class One(RegistryConfiguration registry) : IRegistries
    {
        public Task<RegistryConfiguration?> FindAsync(string host, CancellationToken cancellationToken) => Task.FromResult(host == registry.Host ? registry : null);

        public Task<IReadOnlyList<RegistryConfiguration>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<RegistryConfiguration>>([registry]);

        public Task SaveAsync(RegistryConfiguration given, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> DeleteAsync(string host, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
