using System.Text.Json.Nodes;
using IoTBackend.Simulator;

namespace EndToEnd.Tests.Images;

/// <summary>Releases that go out in waves to simulated fleets, through every process there is. All fleets live at the same time.</summary>
[Collection(StackCollection.Name)]
public sealed class RolloutTests(RolloutFleets fleets) : IClassFixture<RolloutFleets>
{
    [Fact]
    public Task An_image_that_crashes_eight_percent_of_one_platform_is_stopped_in_its_first_wave() => fleets.Crash;

    [Fact]
    public async Task Each_step_is_told_once_in_order_and_its_receiver_can_verify_it()
    {
        await fleets.Crash;
        await fleets.AssertToldAsync();
    }

    [Fact]
    public Task A_good_image_reaches_every_device_though_a_site_loses_its_power_and_the_host_is_killed() => fleets.Good;

    [Fact]
    public Task A_device_that_says_it_is_done_and_runs_the_image_before_is_found_out() => fleets.Liar;
}

/// <summary>The fleets, and what becomes of each.</summary>
public sealed class RolloutFleets(TestStack stack) : IAsyncLifetime
{
    private const string Arm = "linux/arm/v7";
    private const string Arm64 = "linux/arm64/v8";

    private readonly RolloutFleet _crash = new(stack, "crash");
    private readonly RolloutFleet _good = new(stack, "good");
    private readonly RolloutFleet _liar = new(stack, "liar");

    public Task Crash { get; private set; } = Task.CompletedTask;

    public Task Good { get; private set; } = Task.CompletedTask;

    public Task Liar { get; private set; } = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        await stack.ReceiveAlertsAsync("release.step", "release.paused");
        // Half of a production batch crashes: were it all of it, it would be taken for an outage of its group.
        await Task.WhenAll(
            _crash.StartAsync(
                new { waves = new[] { 75, 100 }, soak = "PT3S", quorumPercent = 100, maxFailurePercent = 1 },
                ("batch-7", 8, Arm, Fault.Crash), ("batch-7", 8, Arm, Fault.None), ("others", 80, Arm, Fault.None), ("others", 24, Arm64, Fault.None)),
            _good.StartAsync(
                new { waves = new[] { 50, 100 }, soak = "PT15S" },
                ("mill", 8, Arm64, Fault.None), ("farm", 16, Arm, Fault.None)),
            _liar.StartAsync(new { waves = new[] { 100 }, soak = "PT3S", soakHeartbeats = 1, mismatchAfter = "PT10S", maxFailurePercent = 60 }, ("one", 1, Arm, Fault.Lie), ("other", 1, Arm, Fault.None)));
        (Liar, Crash, Good) = (LiarAsync(), CrashAsync(), GoodAsync());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var fleet in new[] { _crash, _good, _liar })
            await fleet.DisposeAsync();
    }

    private async Task CrashAsync()
    {
        await _crash.PushAsync("1.0.0");
        var stopped = await _crash.RolloutAsync("1.0.0", r => (string?)r["state"] == "stopped");
        Assert.Equal((1, 120, 120), ((int?)stopped["wave"], (int?)stopped["fleet"], stopped["counts"]!.AsObject().Sum(count => (int)count.Value!)));
        // Stopped before all of the wave are told where telling them takes longer than seeing it.
        Assert.InRange(Count(stopped, "waiting"), 20, 100);
        Assert.InRange((int?)stopped["failed"]!["silent"] ?? 0, 4, 8);
        Assert.Contains("of linux/arm/v7 failed", (string?)stopped["reason"], StringComparison.Ordinal);
        Assert.Equal(["scheduled", "begun", "stopped"], await _crash.StepsAsync(stopped));
    }

    /// <summary>What the webhook heard of the rollout that was stopped.</summary>
    internal async Task AssertToldAsync()
    {
        bool IsOfIt(Delivery d) => d.Kind is "release.step" or "release.paused" && d.Body.Contains(_crash.Track, StringComparison.Ordinal);
        var received = await stack.UntilAsync(() => Task.FromResult(stack.DeliveriesWhere(IsOfIt)),
            seen => seen.Any(d => d.Kind == "release.paused") && seen.Any(d => d.Kind == "release.step" && d.Body.Contains("was stopped", StringComparison.Ordinal)));
        // The host is killed beside it: what it had sent and not yet noted comes again, under the same id.
        var told = received.DistinctBy(d => d.Id).ToList();
        // In a hurry a step that is over already is not told, and what comes together comes without its evidence.
        var steps = told.Where(d => d is { Kind: "release.step", Type: "alert.opened" }).Select(d => (string?)d.Json["data"]!["summary"]).ToList();
        Assert.Equal(steps.Distinct(), steps);
        Assert.Contains("was stopped", steps[^1], StringComparison.Ordinal);
        await stack.AssertGenuineAsync(stack.Deliveries.Where(d => d.Body.Contains(_crash.Track, StringComparison.Ordinal)));
    }

    private async Task GoodAsync()
    {
        await _good.PushAsync("1.0.0");
        await _good.RolloutAsync("1.0.0", r => Count(r, "told") + Count(r, "observed") + Count(r, "done") == 12);
        _good.Power("mill", isOn: false);
        await stack.Stack.KillAsync("functions");
        // It goes out to whoever can be reached; who was told and lost its power says nothing about the image.
        var done = await _good.RolloutAsync("1.0.0", r => (string?)r["state"] == "done");
        var left = Count(done, "lost") + Count(done, "told") + Count(done, "waiting");
        // Four of the mill had been told, and may have been through before their power went.
        Assert.InRange(left, 4, 8);
        Assert.Equal((24, 24 - left), ((int?)done["fleet"], Count(done, "done")));
        Assert.Equal(["scheduled", "begun", "wave", "done"], await _good.StepsAsync(done));
    }

    private async Task LiarAsync()
    {
        await _liar.PushAsync("1.0.0");
        var done = await _liar.RolloutAsync("1.0.0", r => (string?)r["state"] == "done");
        Assert.Equal((1, 1), (Count(done, "done"), (int?)done["failed"]!["mismatch"]));
        var alert = Assert.Single(await stack.UntilAsync(() => stack.AlertsAsync(_liar.Ids[0], "device.imageMismatch"), alerts => alerts.Count > 0));
        Assert.Equal((string?)done["release"], (string?)alert["evidence"]!["release"]);
        Assert.Equal($"sha256:{new string('0', 64)}", (string?)alert["evidence"]!["named"]);
    }

    private static int Count(JsonNode rollout, string step) => (int?)rollout["counts"]?[step] ?? 0;
}
