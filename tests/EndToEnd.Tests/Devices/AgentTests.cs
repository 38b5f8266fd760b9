using System.Text.Json.Nodes;
using IoTBackend.Stack.Demo;
using Local.Tests.ContainerRegistry;

namespace EndToEnd.Tests.Devices;

/// <summary>The agent itself on a container engine, enrolled with a claim: from a push to a container that runs.</summary>
[Collection(StackCollection.Name)]
public sealed class AgentTests(TestStack stack, AgentFleet fleet) : IClassFixture<AgentFleet>
{
    /// <summary>Ten seconds after a step of an update what only it needed is given back; <c>scripts/bench loop</c> measures how much is left.</summary>
    private const long MaxResidentBytes = 22_000_000;

    [Fact]
    public async Task A_push_runs_on_every_agent_until_it_has_soaked_and_what_fails_makes_way_for_the_image_before_it()
    {
        Assert.SkipWhen(fleet.WhyNot is not null, fleet.WhyNot ?? "");
        var good = await PushAsync("1.0.0");
        await RolloutAsync(good, r => (string?)r["state"] == "done" && (int?)r["counts"]?["done"] == AgentFleet.Devices);
        Assert.All(await ImagesAsync(), image => Assert.Equal(good, image));

        var bad = await PushAsync("1.1.0", "--exits");
        Assert.All(await DevicesAsync(DemoAgents.Track, bad, d => d.All(device => State(device) == "failed")), device => Assert.EndsWith("; 1.0.0 is back", Reason(device), StringComparison.Ordinal));
        await stack.UntilAsync(ImagesAsync, images => images.All(image => image == good));
        if (AgentFleet.NativeIn(stack.Layout) is not null)
            await stack.UntilAsync(() => Task.FromResult(fleet.ProcessIds.Max(ResidentBytes)), bytes => bytes <= MaxResidentBytes);
    }

    [Fact]
    public async Task An_operators_stolen_key_brings_no_image_of_its_own_signature_onto_a_device_that_was_enrolled_before()
    {
        Assert.SkipWhen(fleet.WhyNot is not null, fleet.WhyNot ?? "");
        var good = await fleet.Signed.PushAsync("1.0.0", SignedTrack.Owner);
        await DevicesAsync(SignedTrack.Name, good, d => d.All(device => State(device) == "running"));

        await fleet.Signed.FollowAsync(SignedTrack.Thief);
        var bad = await fleet.Signed.PushAsync("2.0.0", SignedTrack.Thief);
        var refused = await DevicesAsync(SignedTrack.Name, bad, d => d.All(device => State(device) == "failed"));
        Assert.All(refused, device => Assert.Matches("^signature: 0 of 1 pinned signers .*; 1.0.0 is back$", Reason(device)));
        Assert.Equal(Enumerable.Repeat(good, AgentFleet.Devices), await fleet.RunningAsync(SignedTrack.Name));
        Assert.Contains($"{SignedTrack.Name}: the backend's rule for signatures is not the pinned one; the pinned one is followed", stack.Logs(), StringComparison.Ordinal);
    }

    /// <summary>But for three things of which there is one on a machine: the folders, Docker and systemd.</summary>
    [Fact]
    public async Task The_ten_lines_of_the_guide_lead_from_a_bare_device_to_the_first_update()
    {
        var native = AgentFleet.NativeIn(stack.Layout);
        Assert.SkipWhen(fleet.WhyNot is not null || native is null, fleet.WhyNot ?? "the agent was not compiled natively (scripts/test does)");
        var (folder, id) = (Path.Combine(stack.Layout.State, "bare"), $"bare-{Guid.NewGuid():n}"[..12]);
        var typed = GuideExample.For(stack, GuideExample.Read("agent.md", "From a bare device to the first update"))
            .Replace("dotnet publish clients/Agent -c Release -r linux-x64\n", $"mkdir {folder}\n", StringComparison.Ordinal)
            .Replace("artifacts/publish/Agent/release_linux-x64/iot-agent", native, StringComparison.Ordinal)
            .Replace("/usr/local/bin", folder, StringComparison.Ordinal)
            .Replace("/etc/iot-agent", $"{folder}/etc", StringComparison.Ordinal)
            .Replace("\"claimFile\":", $$$$"""
                "deviceId":"{{{{id}}}}","keyFile":"{{{{folder}}}}/etc/key","stateDirectory":"{{{{folder}}}}/state","engine":"{{{{fleet.EngineSocket}}}}","workloads":{"*":{"options":{"network":"none"}}},"claimFile":
                """, StringComparison.Ordinal)
            .Replace("iot-agent --check", $"{folder}/iot-agent --config {folder}/etc/config.json --check", StringComparison.Ordinal)
            .Replace("/etc/systemd/system; systemctl enable --now iot-agent", $"{folder}; {folder}/iot-agent --config {folder}/etc/config.json & trap \"kill $!\" EXIT", StringComparison.Ordinal)
            .Replace("$(hostname)", id, StringComparison.Ordinal);
        await GuideExample.TypeAsync(stack, typed);
        await stack.OperateAsync(HttpMethod.Post, $"fleet/devices/{id}/disable");
    }

    [Fact]
    public void The_agent_is_no_larger_than_promised()
    {
        var native = AgentFleet.NativeIn(stack.Layout);
        Assert.SkipWhen(native is null, "the agent was not compiled natively (scripts/test does)");
        Assert.InRange(new FileInfo(native!).Length, 1, 8_000_000);
    }

    /// <summary>Pages of files count too, though other programs share most of them.</summary>
    private static long ResidentBytes(int process) =>
        1024 * long.Parse(File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(), null);

    private static string? State(JsonNode? device) => (string?)device?["state"];

    private static string? Reason(JsonNode? device) => (string?)device?["reason"];

    private static string Release(string track, string digest) => $"{track}-{digest["sha256:".Length..][..32]}";

    private Task<JsonNode> RolloutAsync(string digest, Func<JsonNode, bool> holds) =>
        stack.UntilAsync(async () => (await stack.OperateAsync(HttpMethod.Get, $"releases/{Release(DemoAgents.Track, digest)}/rollout"))!, holds);

    private Task<JsonArray> DevicesAsync(string track, string digest, Func<JsonArray, bool> holds) => stack.UntilAsync(
        async () => (await stack.OperateAsync(HttpMethod.Get, $"releases/{Release(track, digest)}/devices"))!["devices"]!.AsArray(), d => d.Count == AgentFleet.Devices && holds(d));

    /// <summary>What the devices' own telemetry names.</summary>
    private async Task<IReadOnlyList<string?>> ImagesAsync() =>
        [.. (await stack.OperateAsync(HttpMethod.Get, $"fleet/devices?filter=model:{DemoAgents.Model}&top=100"))!["devices"]!.AsArray().Select(d => (string?)d!["images"]?[DemoAgents.Track])];

    private Task<string> PushAsync(string tag, params string[] options) => RegistryProcess.RunAsync(
        Path.Combine(stack.Layout.Root, "scripts", "push-image"), ["--registry", stack.Stack.Programs.RegistryHost, "--repository", DemoAgents.Repository, "--tag", tag, .. options]);
}
