using System.Diagnostics;
using IoTBackend.Stack.Demo;

namespace Agent.Tests.Engines;

public sealed class DockerInTroubleTests(EngineFixture fixture) : TroubleTests(fixture, "docker");

public sealed class PodmanInTroubleTests(EngineFixture fixture) : TroubleTests(fixture, "podman");

/// <summary>What goes wrong around the agent: disk, registry, engine and clock. What runs goes on running.</summary>
public abstract class TroubleTests(EngineFixture fixture, string kind)
{
    [Fact]
    public async Task A_full_disk_is_told_and_with_room_the_update_goes_on()
    {
        Skip();
        // The large image has forty to download and as many to unpack.
        await using var engine = await EngineProcess.StartAsync(kind, fixture.Registry!.Host, megabytes: 60);
        await using var device = new RealDevice(fixture, kind, socket: engine.Socket);
        await device.WantAsync("good");
        device.Want("large");
        var told = device.Record.Report;
        await device.UntilAsync(() => Task.FromResult((told = device.Record.Report) is { State: "deferred" }), "the deferral");
        Assert.StartsWith("the disk is full", told!.Reason, StringComparison.Ordinal);
        await device.RunsAsync("good");
        await engine.GrowAsync(400);
        await device.UntilAsync(() => Task.FromResult(device.Record.Current?.Tag == "large"), "the update");
        await device.RunsAsync("large");
    }

    [Fact]
    public async Task A_registry_that_dies_in_the_middle_of_a_pull_delays_it_and_no_more()
    {
        Skip();
        await using var road = new Road(fixture.Registry!.Host);
        await using var engine = await EngineProcess.StartAsync(kind, road.Host);
        await using var device = new RealDevice(fixture, kind, socket: engine.Socket, registry: road.Host);
        await device.WantAsync("good");
        road.CloseAfter(15_000_000);
        device.Want("large");
        await device.UntilAsync(() => Task.FromResult(road.IsClosed), "the middle of the pull");
        await device.UntilAsync(() => Task.FromResult(device.Log.Exists(l => l.Contains("trying again", StringComparison.Ordinal))), "the failure");
        await device.RunsAsync("good");
        Assert.Null(device.Record.Refused);
        road.Open();
        await device.UntilAsync(() => Task.FromResult(device.Record.Current?.Tag == "large"), "the update");
        await device.RunsAsync("large");
    }

    [Fact]
    public async Task An_engine_that_lost_containers_and_images_gets_them_again()
    {
        Skip();
        await using var engine = await EngineProcess.StartAsync(kind, fixture.Registry!.Host);
        await using var device = new RealDevice(fixture, kind, socket: engine.Socket);
        await device.WantAsync("good");
        await device.Engine.RemoveAsync((await device.Engine.ListAsync(null, TestContext.Current.CancellationToken)).Single().Id, TestContext.Current.CancellationToken);
        await device.Engine.RemoveImageAsync(fixture.Image("good"), TestContext.Current.CancellationToken);
        device.Want("good");
        await device.RunsAsync("good");
    }

    [Fact]
    public async Task A_clock_that_jumps_changes_no_verdict()
    {
        Skip();
        var clock = new JumpingClock();
        await using var device = new RealDevice(fixture, kind, time: clock);
        await device.WantAsync("good");
        device.Want("better");
        await device.RunsAsync("better");
        clock.Jump = TimeSpan.FromDays(-20_000);
        await device.UntilAsync(() => Task.FromResult(device.Record.Current?.Tag == "better"), "the verdict");
        clock.Jump = TimeSpan.FromDays(20_000);
        Assert.EndsWith("; better is back", (await device.WantAsync("exits")).Reason, StringComparison.Ordinal);
        await device.RunsAsync("better");
    }

    /// <summary>Ten seconds are promised; a machine that runs all tests at once gets more.</summary>
    [Fact]
    public async Task The_old_one_is_back_at_once_after_the_verdict()
    {
        Skip();
        await using var device = new RealDevice(fixture, kind);
        await device.WantAsync("healthy");
        await device.WantAsync("never");
        var verdict = Stopwatch.GetTimestamp();
        await device.RunsAsync("healthy");
        var took = Stopwatch.GetElapsedTime(verdict);
        TestContext.Current.SendDiagnosticMessage($"{kind}: back {took.TotalSeconds:0.0} s after the verdict");
        Assert.InRange(took.TotalSeconds, 0, 60);
    }

    private void Skip() => Assert.SkipWhen(EngineCommand.WhyNot(kind) is not null, EngineCommand.WhyNot(kind) ?? "");

    private sealed class JumpingClock : TimeProvider
    {
        public TimeSpan Jump { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Jump;
    }
}
