using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using IoTBackend.Stack;
using IoTBackend.Stack.Demo;

namespace EndToEnd.Tests.Devices;

/// <summary>The agent itself on a container engine, enrolled with a claim: from a push to a container that runs.</summary>
[Collection(StackCollection.Name)]
public sealed class AgentTests(TestStack stack)
{
    private const int Devices = 2;

    /// <summary>20 MB are promised, and measured by <c>scripts/bench loop</c>; which pages of files are resident is the kernel's business.</summary>
    private const long MaxResidentBytes = 22_000_000;

    [Fact]
    public async Task A_push_runs_on_every_agent_until_it_has_soaked_and_what_fails_makes_way_for_the_image_before_it()
    {
        await using var front = TlsFront.Start(stack.Stack.Ports.Functions);
        var ca = Path.Combine(stack.Layout.State, "front.pem");
        await File.WriteAllTextAsync(ca, front?.Pem, TestContext.Current.CancellationToken);
        await using var agents = new DemoAgents(
            stack.Stack, stack.Layout, stack.Api, TimeProvider.System, _ => { }, Native, front is null ? null : (new Uri($"https://{front.Host}"), ca));
        Assert.SkipWhen(agents.WhyNot() is not null, agents.WhyNot() ?? "");
        await LocalRegistry.ConfigureAsync(stack.Stack, stack.Api, TestContext.Current.CancellationToken);
        try
        {
            await agents.StartAsync(Devices, TestContext.Current.CancellationToken);
            var good = await PushAsync("1.0.0");
            await RolloutAsync(good, r => (string?)r["state"] == "done" && (int?)r["counts"]?["done"] == Devices);
            Assert.All(await ImagesAsync(), image => Assert.Equal(good, image));

            var bad = await PushAsync("1.1.0", "--exits");
            await DevicesAsync(bad, d => d.All(device => State(device) == "failed"));
            Assert.All(await DevicesAsync(bad, _ => true), device => Assert.EndsWith("; 1.0.0 is back", (string?)device!["reason"], StringComparison.Ordinal));
            await stack.UntilAsync(ImagesAsync, images => images.All(image => image == good), seconds: 120);
            if (Native is not null)
                Assert.All(agents.ProcessIds, id => Assert.InRange(ResidentBytes(id), 0, MaxResidentBytes));
        }
        finally
        {
            await agents.RetireAsync(0, CancellationToken.None);
        }
    }

    [Fact]
    public void The_agent_is_no_larger_than_promised()
    {
        Assert.SkipWhen(Native is null, "the agent was not compiled natively (scripts/test does)");
        Assert.InRange(new FileInfo(Native!).Length, 1, 8_000_000);
    }

    /// <summary>As devices get it, if it was made since the last build; the build's own otherwise.</summary>
    private string? Native
    {
        get
        {
            var native = Path.Combine(stack.Layout.Root, "artifacts", "native", "publish", "Agent", $"release_linux-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}", "iot-agent");
            return File.Exists(native) && File.GetLastWriteTimeUtc(native) > File.GetLastWriteTimeUtc(stack.Layout.Program("Agent", "iot-agent")) ? native : null;
        }
    }

    /// <summary>Pages of files count too, though other programs share most of them.</summary>
    private static long ResidentBytes(int process) =>
        1024 * long.Parse(File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(), null);

    private static string? State(JsonNode? device) => (string?)device?["state"];

    private static string Release(string digest) => $"{DemoAgents.Track}-{digest["sha256:".Length..][..32]}";

    private Task<JsonNode> RolloutAsync(string digest, Func<JsonNode, bool> holds) =>
        stack.UntilAsync(async () => (await stack.OperateAsync(HttpMethod.Get, $"releases/{Release(digest)}/rollout"))!, holds, seconds: 240);

    private Task<JsonArray> DevicesAsync(string digest, Func<JsonArray, bool> holds) => stack.UntilAsync(
        async () => (await stack.OperateAsync(HttpMethod.Get, $"releases/{Release(digest)}/devices"))!["devices"]!.AsArray(), d => d.Count == Devices && holds(d), seconds: 240);

    /// <summary>What the devices' own telemetry names.</summary>
    private async Task<IReadOnlyList<string?>> ImagesAsync() =>
        [.. (await stack.OperateAsync(HttpMethod.Get, $"fleet/devices?filter=model:{DemoAgents.Model}&top=100"))!["devices"]!.AsArray().Select(d => (string?)d!["images"]?[DemoAgents.Track])];

    private async Task<string> PushAsync(string tag, params string[] options)
    {
        using var push = Process.Start(new ProcessStartInfo(
            Path.Combine(stack.Layout.Root, "scripts", "push-image"),
            ["--registry", stack.Stack.Programs.RegistryHost, "--repository", DemoAgents.Repository, "--tag", tag, .. options])
        { RedirectStandardOutput = true })!;
        var digest = await push.StandardOutput.ReadToEndAsync();
        await push.WaitForExitAsync();
        Assert.Equal(0, push.ExitCode);
        return digest.Trim();
    }
}
