using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Azure.Data.Tables;
using IoTBackend.Benchmarks.Processing;
using IoTBackend.Simulator;
using IoTBackend.Stack;
using Local.Tests.ContainerRegistry;

namespace IoTBackend.Benchmarks.Gates;

/// <summary>
/// Pushes with a signature, an SBOM and a large SARIF report through the running stack, from a registry that has the referrers API and counts what it
/// is asked; then what it costs to judge again what is out; then who is exposed, in a fleet of 100,000.
/// </summary>
internal static class GateBenchmark
{
    public const string Help = """
        scripts/bench gates [--pushes N] [--releases N] [--devices N] [--report N]

          --pushes N     pushes, one after the other; 50 by default
          --report N     megabytes of the SARIF report; 5 by default
          --releases N   releases that are out when they are judged again; 1000 by default
          --devices N    devices of which is asked who is exposed; 100000 by default
        """;

    private const string Repository = "fleet/bench";

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        var state = Directory.CreateTempSubdirectory("iot-bench-").FullName;
        try
        {
            await MeasureAsync(Path.Combine(state, "stack"), options.Number("--pushes", 50), options.Number("--report", 5));
            await using var storage = await BenchStorage.StartAsync(Path.Combine(state, "storage"));
            await RecheckBenchmark.RunAsync(storage, options.Number("--releases", 1000));
            await using var memory = MemoryTables.Create(0);
            await memory.StartAsync();
            var inMemory = new TableServiceClient(MemoryTables.ConnectionString(new Uri(memory.Urls.First()).Port));
            await ExposureBenchmark.RunAsync(inMemory, storage.Blobs, options.Number("--devices", 100_000));
            return 0;
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private static async Task MeasureAsync(string state, int pushes, int megabytes)
    {
        var secrets = StackSecrets.Open(state);
        Console.Error.WriteLine("starting the stack");
        // What is out is judged, and the registry reconciled, once a day: only what is measured asks it anything.
        var settings = new Dictionary<string, string> { ["UpkeepSchedule"] = "0 0 4 * * *", ["ReconcileSchedule"] = "0 0 4 * * *" };
        await using var stack = new LocalStack(StackLayout.OfThisBuild(state), StackPorts.Free(), secrets, settings, TimeProvider.System, Console.Error.WriteLine);
        await stack.StartAsync(CancellationToken.None);
        using var http = new HttpClient { BaseAddress = stack.Programs.Api };
        var api = new BackendApi(http, secrets.OperatorKey, TimeProvider.System);
        await using var registry = await ReferrersRegistry.StartAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await CallAsync(api, HttpMethod.Put, $"registries/{registry.Host}", new { kind = "distribution", endpoint = registry.Endpoint });
        var gates = new { signature = new { keys = new[] { key.ExportSubjectPublicKeyInfoPem() } }, sbom = true, vulnerabilities = new { maxSeverity = "critical" } };

        Console.Error.WriteLine("pushes");
        using var images = new PushedImages(registry.Endpoint, Repository, key, megabytes);
        await FollowAsync(api, registry, "bench", Repository, gates);
        await images.MakeAsync("0.0.1");
        await DecidedAsync(api, "bench", Repository, "0.0.1");
        var (took, requests, bytes) = (new List<TimeSpan>(), 0L, 0L);
        for (var i = 0; i < pushes; i++)
        {
            await images.MakeAsync($"1.0.{i}");
            registry.Requests.Clear();
            var (sent, began) = (registry.Sent, Stopwatch.GetTimestamp());
            await DecidedAsync(api, "bench", Repository, $"1.0.{i}");
            took.Add(Stopwatch.GetElapsedTime(began));
            (requests, bytes) = (requests + registry.Requests.Count, bytes + registry.Sent - sent);
        }

        took.Sort();
        Print($"push to verdict, {pushes} pushes", $"p50 {took[pushes / 2].TotalMilliseconds:0} ms, p99 {took[Math.Min(pushes - 1, pushes * 99 / 100)].TotalMilliseconds:0} ms");
        Print("per push", $"{(double)requests / pushes:0.0} requests, {bytes / pushes / 1024.0 / 1024.0:0.00} MB");
    }

    private static Task<JsonNode?> FollowAsync(BackendApi api, ReferrersRegistry registry, string track, string repository, object gates) =>
        CallAsync(api, HttpMethod.Put, $"tracks/{track}", new { registry = registry.Host, repository, targets = new { groups = new[] { "none" } }, gates });

    /// <summary>Tells of the push, as a registry does, and asks until the gates have spoken.</summary>
    private static async Task DecidedAsync(BackendApi api, string track, string repository, string tag)
    {
        await NotifyAsync(api, repository, tag);
        await UntilAsync(async () => (await ReleasesAsync(api, track)).FirstOrDefault(r => (string?)r["tag"] == tag) is { } release
            && ((string?)release["state"] == "held" ? throw new InvalidOperationException($"{release["gates"]}") : (string?)release["state"] == "active"));
    }

    internal static Task<JsonNode?> NotifyAsync(BackendApi api, string repository, string tag) => CallAsync(api, HttpMethod.Post, "registry/events", new
    {
        events = new[] { new { action = "push", target = new { mediaType = "application/vnd.oci.image.manifest.v1+json", digest = $"sha256:{new string('0', 64)}", repository, tag } } },
    });

    private static async Task<IReadOnlyList<JsonNode>> ReleasesAsync(BackendApi api, string? track) =>
        [.. (await CallAsync(api, HttpMethod.Get, track is null ? "releases" : $"releases?track={track}", null))!["releases"]!.AsArray().OfType<JsonNode>()];

    private static Task<JsonNode?> CallAsync(BackendApi api, HttpMethod method, string path, object? body) => api.OperateAsync(method, path, body, CancellationToken.None);

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        for (var began = Stopwatch.GetTimestamp(); !await isSo(); await Task.Delay(20))
        {
            if (Stopwatch.GetElapsedTime(began) > Longest)
                throw new TimeoutException("It took more than three minutes.");
        }
    }

    internal static void Print(string what, string figure) => Console.WriteLine($"| {what,-50} | {figure,80} |");
}
