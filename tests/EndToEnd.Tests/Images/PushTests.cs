using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using EndToEnd.Tests.Devices;
using IoTBackend.Simulator;

namespace EndToEnd.Tests.Images;

/// <summary>From <c>docker push</c> to what a device is told, with the real registry and its own notifications.</summary>
[Collection(StackCollection.Name)]
public sealed class PushTests(TestStack stack)
{
    private const string NotInstalled = "docker-registry and skopeo are not installed (apt-get install docker-registry skopeo)";

    // Everything of a test bears its name: the stack is shared.
    private readonly string _name = $"push-{Guid.NewGuid():n}"[..13];

    [Fact]
    public async Task One_push_of_three_platforms_is_one_release_and_each_device_is_told_its_own()
    {
        await FollowAsync();
        var (arm64, arm, none) = (await RegisterAsync("arm64", "linux/arm64/v8"), await RegisterAsync("arm", "linux/arm/v7"), await RegisterAsync("none", null));

        var index = await PushAsync("1.0.0");

        var told = await DesiredAsync(arm64);
        Assert.EndsWith($"/{_name}@{index}", (string?)told["image"], StringComparison.Ordinal);
        var toldArm = await DesiredAsync(arm);
        Assert.Equal((string?)told["image"], (string?)toldArm["image"]);
        Assert.NotEqual((string?)told["platformDigest"], (string?)toldArm["platformDigest"]);
        Assert.Equal(index, (string?)Assert.Single(await ReleasesAsync())["digest"]);
        var progress = await ProgressAsync();
        Assert.Equal("unknown platform", progress[none.DeviceId]);
        Assert.Equal(1, await VersionAsync(arm));
    }

    [Fact]
    public async Task A_device_made_for_IoT_Hub_is_told_by_a_message_that_it_settles_or_is_told_again()
    {
        await FollowAsync();
        var device = await RegisterAsync("hub", "linux/arm/v7");
        var first = await PushAsync("1.0.0");
        await stack.UntilAsync(() => VersionAsync(device), version => version == 1);
        var told = await IotHubDevice.RunAsync(
            stack, device.DeviceId, device.Key, new { receive = "abandon" }, new { receive = "complete" }, new { settle = "complete", @lock = "not-its-lock" });
        Assert.Equal(["MessageAbandoned", "MessageCompleted"], told.Take(2).Select(t => (string?)t!["settled"]));
        Assert.All(told.Take(2), t => Assert.EndsWith($"@{first}", (string?)t!["message"]!["workloads"]![0]!["image"], StringComparison.Ordinal));
        Assert.Equal(412, (int?)told[2]!["status"]);

        // What was completed is not said again: the next thing said is the next change.
        await PushAsync("1.1.0");
        await stack.UntilAsync(() => VersionAsync(device), version => version == 2);
        var next = Assert.Single(await IotHubDevice.RunAsync(stack, device.DeviceId, device.Key, new { receive = "reject" }))!;
        Assert.Equal((2, "desired", "MessageRejected"), ((int?)next["message"]!["version"], (string?)next["kind"], (string?)next["settled"]));
    }

    [Fact]
    public async Task An_image_for_amd64_alone_is_held_and_overridden_goes_to_no_arm_device()
    {
        await FollowAsync();
        var (arm64, arm, amd64) = (await RegisterAsync("arm64", "linux/arm64"), await RegisterAsync("arm", "linux/armv7l"), await RegisterAsync("amd64", "linux/x86_64"));

        await PushAsync("1.0.0", "--platform", "linux/amd64");

        var held = await stack.UntilAsync(async () => (JsonNode)new JsonArray([.. (await ReleasesAsync()).Select(r => r.DeepClone())]),
            releases => releases.AsArray() is [{ } only] && (string?)only["state"] == "held");
        var id = (string)held[0]!["id"]!;
        Assert.Contains(arm.DeviceId, held[0]!["gates"]!.ToJsonString(), StringComparison.Ordinal);
        await stack.OperateAsync(HttpMethod.Post, $"releases/{id}/override", new { gate = "platforms", by = "anna", reason = "The others follow next week." });

        await DesiredAsync(amd64);
        var progress = await ProgressAsync();
        Assert.Equal(("incompatible platform", "incompatible platform"), (progress[arm64.DeviceId], progress[arm.DeviceId]));
        Assert.Equal((0, 0), (await VersionAsync(arm64), await VersionAsync(arm)));
    }

    [Fact]
    public async Task A_release_goes_out_when_its_scan_has_come_and_somebody_has_approved()
    {
        await FollowAsync(new { vulnerabilities = new { maxSeverity = "high" }, approvals = 1 });
        var device = await RegisterAsync("arm", "linux/arm/v7");
        await PushAsync("1.0.0");
        var waiting = await stack.UntilAsync(async () => (JsonNode)new JsonArray([.. (await ReleasesAsync()).Select(r => r.DeepClone())]),
            releases => releases.AsArray() is [{ } only] && (string?)only["state"] == "waiting");
        var id = (string)waiting[0]!["id"]!;
        await stack.OperateAsync(HttpMethod.Post, $"releases/{id}/evidence", new { version = "2.1.0", runs = new[] { new { results = Array.Empty<object>() } } });
        await stack.OperateAsync(HttpMethod.Post, $"releases/{id}/approve", new { by = "ben" });
        await DesiredAsync(device);
    }

    [Fact]
    public async Task A_forged_event_changes_nothing()
    {
        await FollowAsync();
        var device = await RegisterAsync("arm", "linux/arm/v7");
        var index = await PushAsync("1.0.0");
        await DesiredAsync(device);

        // A tag that is not there, and one that is, each with the digest of the forger's choice.
        Assert.Equal(HttpStatusCode.Accepted, await NotifyAsync("9.9.9", stack.Stack.Secrets.RegistryWebhookKey));
        Assert.Equal(HttpStatusCode.Accepted, await NotifyAsync("1.0.0", stack.Stack.Secrets.RegistryWebhookKey));
        Assert.Equal(HttpStatusCode.Unauthorized, await NotifyAsync("1.0.0", "not the key"));

        // What comes later in the queue has been worked on: so have these.
        var next = await PushAsync("1.1.0");
        await stack.UntilAsync(() => VersionAsync(device), version => version == 2);
        Assert.Equal([index, next], (await ReleasesAsync()).Select(r => (string)r["digest"]!).Order(Comparer<string>.Create((a, b) => a == index ? -1 : 1)));
    }

    [Fact]
    public async Task A_waiting_device_hears_of_a_push_and_of_nothing_else()
    {
        await FollowAsync();
        var device = await RegisterAsync("arm", "linux/arm/v7");
        await PushAsync("1.0.0");
        await DesiredAsync(device);

        using var unchanged = await CallAsync(device, "desired?wait=1", 1);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);

        var waiting = CallAsync(device, "desired?wait=60", 1);
        await PushAsync("1.1.0");
        using var changed = await waiting;
        Assert.Equal("\"2\"", changed.Headers.ETag?.Tag);
    }

    [Fact]
    public async Task A_device_registered_after_the_release_gets_it()
    {
        await FollowAsync();
        await PushAsync("1.0.0");
        await stack.UntilAsync(async () => (JsonNode)new JsonArray([.. (await ReleasesAsync()).Select(r => r.DeepClone())]), releases => releases.AsArray().Count == 1);
        await DesiredAsync(await RegisterAsync("late", "linux/arm/v7"));
    }

    private async Task FollowAsync(object? gates = null)
    {
        Assert.SkipUnless(stack.Stack.HasRegistry && File.Exists("/usr/bin/skopeo"), NotInstalled);
        var host = stack.Stack.Programs.RegistryHost;
        await stack.OperateAsync(HttpMethod.Put, $"registries/{host}", new
        {
            kind = "distribution",
            endpoint = $"http://{host}",
            webhookKey = stack.Stack.Secrets.RegistryWebhookKey,
        });
        await stack.OperateAsync(HttpMethod.Put, $"tracks/{_name}", new { registry = host, repository = _name, targets = new { groups = new[] { _name } }, gates = gates ?? new { } });
    }

    private Task<DeviceCredential> RegisterAsync(string name, string? platform) =>
        stack.Api.RegisterAsync($"{_name}-{name}", new { platform, groups = new[] { _name } }, null, TestContext.Current.CancellationToken);

    /// <summary>Returns the digest of the index. <c>scripts/push-image</c> builds it and <c>skopeo copy --all</c> pushes it.</summary>
    private async Task<string> PushAsync(string tag, params string[] more)
    {
        var start = new ProcessStartInfo(Path.Combine(Root(), "scripts", "push-image"),
            ["--registry", stack.Stack.Programs.RegistryHost, "--repository", _name, "--tag", tag, .. more])
        { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return output.Trim();
    }

    private async Task<HttpStatusCode> NotifyAsync(string tag, string key)
    {
        var mediaType = "application/vnd.oci.image.index.v1+json";
        var target = new { mediaType, digest = $"sha256:{new string('6', 64)}", repository = _name, tag, url = "http://forged.example.com/" };
        using var request = new HttpRequestMessage(HttpMethod.Post, "registry/events") { Content = JsonContent.Create(new { events = new[] { new { action = "push", target } } }) };
        request.Headers.Add("x-functions-key", stack.Stack.Secrets.OperatorKey);
        request.Headers.Add("Authorization", $"Bearer {key}");
        using var response = await stack.Http.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>The device's one workload, as soon as there is one.</summary>
    private async Task<JsonNode> DesiredAsync(DeviceCredential device) =>
        (await stack.UntilAsync(() => StateAsync(device), state => state["workloads"]!.AsArray().Count == 1))["workloads"]![0]!;

    private async Task<int> VersionAsync(DeviceCredential device) => (int)(await StateAsync(device))["version"]!;

    private async Task<JsonNode> StateAsync(DeviceCredential device)
    {
        using var response = await CallAsync(device, "desired", null);
        return JsonNode.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;
    }

    private Task<HttpResponseMessage> CallAsync(DeviceCredential device, string path, int? known) =>
        stack.Api.CallAsync(device, HttpMethod.Get, path, null, TestContext.Current.CancellationToken, known is null ? null : $"\"{known}\"");

    private async Task<IReadOnlyList<JsonNode>> ReleasesAsync() =>
        [.. (await stack.OperateAsync(HttpMethod.Get, $"releases?track={_name}"))!["releases"]!.AsArray().OfType<JsonNode>()];

    /// <summary>By device: what it waits for, or how far it is.</summary>
    private async Task<Dictionary<string, string>> ProgressAsync()
    {
        var release = Assert.Single(await ReleasesAsync());
        var devices = (await stack.OperateAsync(HttpMethod.Get, $"releases/{release["id"]}/devices"))!["devices"]!.AsArray();
        return devices.ToDictionary(d => (string)d!["deviceId"]!, d => (string?)d!["reason"] ?? (string)d!["state"]!);
    }

    private static string Root([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(here, "../../../.."));
}
