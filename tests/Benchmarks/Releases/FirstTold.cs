using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using IoTBackend.Benchmarks.Gates;
using IoTBackend.Simulator;
using IoTBackend.Stack;
using Local.Tests.ContainerRegistry;

namespace IoTBackend.Benchmarks.Releases;

/// <summary>
/// From a registry's call to the first device that has its new word, through the running stack: the registry is read back, the gates judge, the rollout is
/// planned and begins, and a device that waits in a long poll is answered. One push after the other, each taking over from the one before.
/// </summary>
internal static class FirstTold
{
    private const string Track = "bench";
    private const string Repository = "fleet/told";

    public static async Task RunAsync(int pushes)
    {
        var state = Directory.CreateTempSubdirectory("iot-bench-").FullName;
        try
        {
            var took = await MeasureAsync(state, pushes);
            took.Sort();
            GateBenchmark.Print($"push to first device told, {pushes} pushes", $"p50 {took[pushes / 2].TotalMilliseconds:0} ms, p99 {took[Math.Min(pushes - 1, pushes * 99 / 100)].TotalMilliseconds:0} ms, most {took[^1].TotalMilliseconds:0} ms");
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private static async Task<List<TimeSpan>> MeasureAsync(string state, int pushes)
    {
        var secrets = StackSecrets.Open(state);
        await using var stack = new LocalStack(StackLayout.OfThisBuild(state), StackPorts.Free(), secrets, new Dictionary<string, string>(), TimeProvider.System, Console.Error.WriteLine);
        await stack.StartAsync(CancellationToken.None);
        using var http = new HttpClient { BaseAddress = stack.Programs.Api, Timeout = TimeSpan.FromMinutes(2) };
        var api = new BackendApi(http, secrets.OperatorKey, TimeProvider.System);
        await using var registry = await ReferrersRegistry.StartAsync();
        using var images = new PushedImages(registry.Endpoint, Repository, null, 0);
        await api.OperateAsync(HttpMethod.Put, $"registries/{registry.Host}", new { kind = "distribution", endpoint = registry.Endpoint }, CancellationToken.None);
        await api.OperateAsync(HttpMethod.Put, $"tracks/{Track}", new { registry = registry.Host, repository = Repository, targets = new { groups = new[] { Track } }, rollout = new { waves = new[] { 50, 100 }, minimumSample = 5, soak = "PT1M" } }, CancellationToken.None);
        var devices = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => api.RegisterAsync($"told-{i}", new { platform = "linux/arm64", groups = new[] { Track }, reportingInterval = "PT10M" }, null, CancellationToken.None)));
        foreach (var device in devices)
            (await api.CallAsync(device, HttpMethod.Post, "telemetry", JsonContent.Create(new { }), CancellationToken.None)).Dispose();

        var took = new List<TimeSpan>();
        // The first is for what is made when it is first needed.
        for (var i = 0; i <= pushes; i++)
        {
            var tag = $"1.0.{i}";
            using var over = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            await images.MakeAsync(tag, attached: false);
            var told = Task.WhenAny(devices.Select(device => ToldAsync(api, device, tag, over.Token)));
            var began = Stopwatch.GetTimestamp();
            await GateBenchmark.NotifyAsync(api, Repository, tag);
            await await told;
            if (i > 0)
                took.Add(Stopwatch.GetElapsedTime(began));
            await over.CancelAsync();
        }

        return took;
    }

    /// <summary>Ends when the device is told of a tag: it asks as it would, in one long poll after the other.</summary>
    private static async Task ToldAsync(BackendApi api, DeviceCredential device, string tag, CancellationToken cancellationToken)
    {
        for (var version = -1L; ;)
        {
            using var response = await api.CallAsync(device, HttpMethod.Get, version < 0 ? "desired" : "desired?wait=50", null, cancellationToken, version < 0 ? null : $"\"{version}\"");
            if (response.StatusCode == System.Net.HttpStatusCode.NotModified)
                continue;
            var state = JsonNode.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellationToken))!;
            if (state["workloads"]!.AsArray().Any(w => (string?)w!["tag"] == tag))
                return;
            version = (long)state["version"]!;
        }
    }
}
