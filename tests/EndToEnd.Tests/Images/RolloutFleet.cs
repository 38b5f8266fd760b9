using System.Diagnostics;
using System.Text.Json.Nodes;
using IoTBackend.Simulator;

namespace EndToEnd.Tests.Images;

/// <summary>Some simulated devices and a track of their own; they report every two seconds until it is disposed.</summary>
internal sealed class RolloutFleet(TestStack stack, string name) : IAsyncDisposable
{
    private const string NotInstalled = "docker-registry and skopeo are not installed (apt-get install docker-registry skopeo)";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly string Before = $"sha256:{new string('0', 64)}";

    private readonly string _track = $"{name}-{Guid.NewGuid():n}"[..(name.Length + 7)];
    private readonly List<(FleetMember Member, string Group)> _members = [];
    private readonly List<string> _ids = [];
    private readonly CancellationTokenSource _ended = new();
    private readonly FleetCounters _counters = new();
    private Task _living = Task.CompletedTask;

    public string Track => _track;

    public IReadOnlyList<string> Ids => _ids;

    /// <summary>Follows the track and starts the devices: of each batch so many, on a platform, with a fault. Ends when all are heard.</summary>
    public async Task StartAsync(object rollout, params (string Group, int Count, string Platform, Fault Fault)[] batches)
    {
        Assert.SkipUnless(stack.Stack.HasRegistry && File.Exists("/usr/bin/skopeo"), NotInstalled);
        var host = stack.Stack.Programs.RegistryHost;
        await stack.OperateAsync(HttpMethod.Put, $"registries/{host}", new { kind = "distribution", endpoint = $"http://{host}", webhookKey = stack.Stack.Secrets.RegistryWebhookKey });
        await stack.OperateAsync(HttpMethod.Put, $"tracks/{_track}", new { registry = host, repository = _track, targets = new { groups = new[] { _track } }, rollout });

        var plans = batches.SelectMany(batch => Enumerable.Repeat(batch, batch.Count)).ToArray();
        var credentials = new DeviceCredential[plans.Length];
        await Parallel.ForAsync(0, plans.Length, async (i, cancel) => credentials[i] = await stack.Api.RegisterAsync(
            $"{_track}-{i:d3}", new { platform = plans[i].Platform, groups = new[] { $"{_track}-{plans[i].Group}", _track }, reportingInterval = "PT2S" }, null, cancel));
        foreach (var (plan, i) in plans.Select((plan, i) => (plan, i)))
        {
            _ids.Add(credentials[i].DeviceId);
            _members.Add((new(new(credentials[i], plan.Fault, Interval, OverHub: false, (_track, Before), IsOnMains: true), i + 1, stack.Api, _counters, TimeProvider.System), plan.Group));
        }

        _living = Task.WhenAll(_members.Select(m => m.Member.RunAsync(_ended.Token)));
        await stack.UntilAsync(async () => (await stack.OperateAsync(HttpMethod.Get, $"fleet/devices?filter=group:{_track}%20status:online&top=1000"))!["devices"]!.AsArray().Count, online => online == plans.Length);
    }

    /// <summary>Of a whole group.</summary>
    public void Power(string group, bool isOn)
    {
        foreach (var (member, _) in _members.Where(m => m.Group == group))
            member.HasPower = isOn;
    }

    public async Task PushAsync(string tag)
    {
        var start = new ProcessStartInfo(
            Path.Combine(Root(), "scripts", "push-image"), ["--registry", stack.Stack.Programs.RegistryHost, "--repository", _track, "--tag", tag])
        { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>The rollout of a tag, as soon as something holds for it.</summary>
    public Task<JsonNode> RolloutAsync(string tag, Func<JsonNode, bool> holds) => stack.UntilAsync(async () =>
    {
        var releases = (await stack.OperateAsync(HttpMethod.Get, $"releases?track={_track}"))!["releases"]!.AsArray();
        return releases.FirstOrDefault(r => (string?)r!["tag"] == tag) is { } release && (string?)release["state"] != "held"
            ? (await stack.OperateAsync(HttpMethod.Get, $"releases/{release["id"]}/rollout"))!
            : new JsonObject();
    }, holds);

    /// <summary>What was done, the oldest first.</summary>
    public async Task<IReadOnlyList<string?>> StepsAsync(JsonNode rollout) =>
        [.. (await stack.OperateAsync(HttpMethod.Get, $"releases/{rollout["release"]}/timeline"))!["steps"]!.AsArray().Select(s => (string?)s!["what"]).Reverse()];

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        try
        {
            await _living;
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // Their end.
        }

        _ended.Dispose();
        // Their silence would be a storm of alerts in the tests after this one.
        await Parallel.ForEachAsync(_ids, async (id, _) => await stack.OperateAsync(HttpMethod.Delete, $"fleet/devices/{id}"));
    }

    private static string Root([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(here, "../../../.."));
}
