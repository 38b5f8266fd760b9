using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using IoTBackend.Simulator;

namespace EndToEnd.Tests.Images;

/// <summary>Releases that go out in waves, to devices that ask, update, report and say what they run.</summary>
[Collection(StackCollection.Name)]
public sealed class RolloutTests(TestStack stack)
{
    private const string NotInstalled = "docker-registry and skopeo are not installed (apt-get install docker-registry skopeo)";
    private const int Devices = 16;
    private const int FirstWave = 4;

    private readonly string _name = $"roll-{Guid.NewGuid():n}"[..13];

    /// <summary>Whoever is told this image cannot run it.</summary>
    private volatile string _bad = "none";

    [Fact]
    public async Task A_bad_image_ends_in_its_first_wave_and_a_good_one_reaches_every_device_though_the_host_is_killed()
    {
        await FollowAsync();
        var devices = await Task.WhenAll(Enumerable.Range(0, Devices).Select(i => stack.Api.RegisterAsync(
            $"{_name}-{i:d2}", new { platform = "linux/arm/v7", groups = new[] { _name }, reportingInterval = "PT5S" }, null, TestContext.Current.CancellationToken)));
        using var ended = new CancellationTokenSource();
        var living = Task.WhenAll(devices.Select(device => LiveAsync(device, ended.Token)));
        try
        {
            await stack.UntilAsync(async () => (await stack.OperateAsync(HttpMethod.Get, $"fleet/devices?filter=group:{_name}%20status:online&top=100"))!["devices"]!, online => online.AsArray().Count == Devices);

            _bad = "1.0.0";
            await PushAsync("1.0.0");
            // The first failures stop it; whoever was told by then is seen to its end.
            var stopped = await RolloutAsync("1.0.0", r => (string?)r["state"] == "stopped" && Count(r, "failed") == FirstWave);
            Assert.Equal((Devices, Devices - FirstWave), ((int?)stopped["fleet"], Count(stopped, "waiting")));

            await PushAsync("1.1.0");
            await RolloutAsync("1.1.0", r => Count(r, "told") + Count(r, "observed") + Count(r, "done") > 0);
            await stack.Stack.KillAsync("functions");
            var done = await RolloutAsync("1.1.0", r => (string?)r["state"] == "done" && Count(r, "done") == Devices);
            Assert.Equal(Devices, (int?)done["fleet"]);

            var steps = (await stack.OperateAsync(HttpMethod.Get, $"releases/{done["release"]}/timeline"))!["steps"]!.AsArray().Select(s => (string?)s!["what"]).Reverse();
            Assert.Equal(["scheduled", "begun", "wave", "done"], steps);
            foreach (var device in devices)
                Assert.InRange((int)(await StateAsync(device))["version"]!, 1, 2);
        }
        finally
        {
            await ended.CancelAsync();
            await living;
        }
    }

    private static int Count(JsonNode rollout, string step) => (int?)rollout["counts"]?[step] ?? 0;

    private async Task<JsonNode> RolloutAsync(string tag, Func<JsonNode, bool> holds) => await stack.UntilAsync(async () =>
    {
        var releases = (await stack.OperateAsync(HttpMethod.Get, $"releases?track={_name}"))!["releases"]!.AsArray();
        return releases.FirstOrDefault(r => (string?)r!["tag"] == tag) is { } release && (string?)release["state"] != "held"
            ? (await stack.OperateAsync(HttpMethod.Get, $"releases/{release["id"]}/rollout"))!
            : new JsonObject();
    }, holds, seconds: 480);

    /// <summary>Asks what to run every second, runs it if it can, and says so.</summary>
    private async Task LiveAsync(DeviceCredential device, CancellationToken ended)
    {
        var (runs, seen) = ($"sha256:{new string('0', 64)}", "");
        while (!ended.IsCancellationRequested)
        {
            try
            {
                var told = (await StateAsync(device))["workloads"]!.AsArray().FirstOrDefault();
                var (release, tag) = ((string?)told?["release"] ?? "", (string?)told?["tag"]);
                var failed = tag == _bad;
                if (release != seen && release.Length > 0)
                    await CallAsync(device, "reported", new { release, state = failed ? "failed" : "installed", reason = failed ? "exec format error" : null });
                seen = release;
                if (!failed && told is not null)
                    runs = ((string)told["image"]!).Split('@')[1];
                await CallAsync(device, "telemetry", new { image = new { track = _name, digest = runs } });
            }
            catch (Exception passing) when (passing is HttpRequestException or OperationCanceledException)
            {
                // The host is away; it is asked again.
            }

            await Task.Delay(1000, CancellationToken.None);
        }
    }

    private async Task CallAsync(DeviceCredential device, string path, object body)
    {
        using var response = await stack.Api.CallAsync(device, HttpMethod.Post, path, JsonContent.Create(body), CancellationToken.None);
        response.EnsureSuccessStatusCode();
    }

    private async Task<JsonNode> StateAsync(DeviceCredential device)
    {
        using var response = await stack.Api.CallAsync(device, HttpMethod.Get, "desired", null, CancellationToken.None);
        return JsonNode.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;
    }

    private async Task FollowAsync()
    {
        Assert.SkipUnless(stack.Stack.HasRegistry && File.Exists("/usr/bin/skopeo"), NotInstalled);
        var host = stack.Stack.Programs.RegistryHost;
        await stack.OperateAsync(HttpMethod.Put, $"registries/{host}", new { kind = "distribution", endpoint = $"http://{host}", webhookKey = stack.Stack.Secrets.RegistryWebhookKey });
        await stack.OperateAsync(HttpMethod.Put, $"tracks/{_name}", new
        {
            registry = host,
            repository = _name,
            targets = new { groups = new[] { _name } },
            rollout = new { waveDevices = new[] { FirstWave }, waves = new[] { 100 }, minimumSample = FirstWave, soak = "PT3S", soakHeartbeats = 1, maxFailurePercent = 10 },
        });
    }

    private async Task PushAsync(string tag)
    {
        var start = new ProcessStartInfo(
            Path.Combine(Root(), "scripts", "push-image"), ["--registry", stack.Stack.Programs.RegistryHost, "--repository", _name, "--tag", tag])
        { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    private static string Root([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(here, "../../../.."));
}
