using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;
using IoTBackend.Agent.Updates;

namespace Agent.Tests.Engines;

public sealed class DockerTests(EngineFixture fixture) : UpdateTests(fixture, "docker");

public sealed class PodmanTests(EngineFixture fixture) : UpdateTests(fixture, "podman");

/// <summary>The agent's update engine against dockerd and podman as they are.</summary>
public abstract class UpdateTests(EngineFixture fixture, string kind)
{
    [Fact]
    public async Task A_good_image_takes_the_place_of_the_old_one()
    {
        await using var device = Start();
        await device.WantAsync("good");
        Assert.Equal("installed", (await device.WantAsync("better")).State);
        await device.RunsAsync("better");
        Assert.Equal(["downloading", "downloaded", "installing", "installed"], device.States);
    }

    [Fact]
    public async Task An_image_that_exits_makes_way_for_the_old_one()
    {
        await using var device = Start();
        await device.WantAsync("good");
        var report = await device.WantAsync("exits");
        await device.RunsAsync("good");
        Assert.Equal("failed", report.State);
        // An engine that does not give the log in time leaves its last words out.
        Assert.Matches(@"^exited with code 1(: made to fail\.)?; good is back$", report.Reason);
    }

    [Fact]
    public async Task An_image_that_never_gets_healthy_is_put_back()
    {
        await using var device = Start();
        Assert.Equal("installed", (await device.WantAsync("healthy")).State);
        var report = await device.WantAsync("never");
        Assert.Equal("failed", report.State);
        Assert.Matches(@"^unhealthy(: made to fail\.)?; healthy is back$", report.Reason);
        await device.RunsAsync("healthy");
    }

    [Fact]
    public async Task A_health_check_that_hangs_has_failed_when_the_images_own_patience_is_over()
    {
        await using var device = Start();
        // Of one that was late to be healthy the reason says so.
        Assert.StartsWith("unhealthy", (await device.WantAsync("hangs")).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_for_another_platform_is_refused_and_the_old_one_goes_on_untouched()
    {
        await using var device = Start();
        await device.WantAsync("good");
        var before = (await device.Engine.ListAsync(null, TestContext.Current.CancellationToken)).Single();
        Assert.Equal("failed", (await device.WantAsync("foreign")).State);
        Assert.Equal(before, (await device.Engine.ListAsync(null, TestContext.Current.CancellationToken)).Single());
    }

    [Fact]
    public async Task Beside_means_that_the_old_one_runs_until_the_new_one_proved_itself()
    {
        await using var device = Start(w => w with { Strategy = Strategy.Beside, Settle = TimeSpan.FromSeconds(10) });
        await device.WantAsync("good");
        device.Want("better");
        await device.RunsAsync("good", "better");
        await device.RunsAsync("better");
    }

    [Fact]
    public async Task A_command_of_the_device_has_a_say_in_the_verdict()
    {
        await using var device = Start(w => w with { Check = ["/app/fail"], HealthyWithin = TimeSpan.FromSeconds(2) });
        Assert.Equal("its check did not pass within 2 s", (await device.WantAsync("good")).Reason);
    }

    [Fact]
    public async Task A_command_that_does_not_end_is_told_from_an_engine_that_does_not_answer()
    {
        await using var device = Start();
        await device.WantAsync("good");
        var running = (await device.Engine.ListAsync(RealDevice.Track, TestContext.Current.CancellationToken)).Single();
        var unended = await device.Engine.ExecAsync(running.Id, ["/app/wait"], TimeSpan.FromSeconds(0.5), TestContext.Current.CancellationToken);
        Assert.Equal((null, ""), (unended.ExitCode, unended.Output));
        Assert.True(await device.Engine.IsRunningAsync(unended.Unended!, TestContext.Current.CancellationToken));
        Assert.Equal(new(1, "made to fail.\n"), await device.Engine.ExecAsync(running.Id, ["/app/fail"], TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken));
        await device.Engine.StopAsync(running.Id, TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        Assert.False(await device.Engine.IsRunningAsync(unended.Unended!, TestContext.Current.CancellationToken));
        await device.Engine.RemoveAsync(running.Id, TestContext.Current.CancellationToken);
        Assert.False(await device.Engine.IsRunningAsync(unended.Unended!, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_container_somebody_made_by_hand_under_the_same_name_is_left_alone_and_told()
    {
        await using var device = Start();
        using var stranger = new DockerEngine(fixture.Engine(kind).Socket, $"stranger-{Guid.NewGuid():N}");
        await device.WantAsync("good");
        await stranger.PullAsync(fixture.Image("better"), null, TestContext.Current.CancellationToken);
        await stranger.CreateAsync(new(ContainerName.Of(device.Id, RealDevice.Track, fixture.Image("better")), "own", fixture.Image("better"), "", device.Workload.Options), TestContext.Current.CancellationToken);
        var report = await device.WantAsync("better");
        Assert.Matches("^no container can be made: .*; good is back$", report.Reason);
        await device.RunsAsync("good");
        await stranger.RemoveAsync(Assert.Single(await stranger.ListAsync(null, TestContext.Current.CancellationToken)).Id, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task An_image_that_asks_for_more_than_the_device_gives_never_runs()
    {
        await using var device = Start();
        Assert.Equal("it asks to run privileged, which this device does not give", (await device.WantAsync("greedy")).Reason);
        Assert.Empty(await device.Engine.ListAsync(null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_kernel_holds_a_container_to_its_number_of_processes()
    {
        await using var device = Start(w => w with { Options = w.Options with { PidsLimit = 77 } });
        await device.WantAsync("good");
        var running = (await device.Engine.ListAsync(RealDevice.Track, TestContext.Current.CancellationToken)).Single();
        await device.UntilAsync(() => Task.FromResult(IsHeldTo("77", running.Id)), "a group of 77 processes");
    }

    private static bool IsHeldTo(string processes, string container)
    {
        try
        {
            return Directory.EnumerateDirectories("/sys/fs/cgroup", $"*{container}*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
                .Select(group => Path.Combine(group, "pids.max")).Any(limit => File.Exists(limit) && File.ReadAllText(limit).Trim() == processes);
        }
        catch (IOException)
        {
            // Groups of other tests come and go.
            return false;
        }
    }

    [Fact]
    public async Task When_an_image_was_made_is_what_its_config_says()
    {
        await using var device = Start();
        await device.WantAsync("good");
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), (await device.Engine.FindImageAsync(fixture.Image("good"), TestContext.Current.CancellationToken))?.Created);
    }

    [Fact]
    public async Task The_workload_says_when_it_is_a_good_time()
    {
        await using var device = Start(w => w with { Ask = ["/app/fail"] });
        await device.WantAsync("good");
        device.Want("better");
        await device.UntilAsync(() => Task.FromResult(device.Record.Report is { State: "deferred" }), "the deferral");
        await device.RunsAsync("good");
    }

    [Fact]
    public async Task A_lock_file_defers()
    {
        var folder = Directory.CreateTempSubdirectory("lock");
        var file = Path.Combine(folder.FullName, "lock");
        await using var device = Start(w => w with { LockFile = file });
        await device.WantAsync("good");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        device.Want("better");
        await device.UntilAsync(() => Task.FromResult(device.Record.Report is { State: "deferred" }), "the deferral");
        folder.Delete(recursive: true);
        await device.RunsAsync("better");
    }

    [Fact]
    public async Task An_engine_that_restarts_in_the_middle_of_a_trial_delays_it_and_no_more()
    {
        Assert.SkipWhen(EngineFixture.WhyNot(kind) is not null, EngineFixture.WhyNot(kind) ?? "");
        // One of its own: others' tests run on the shared one.
        await using var engine = await EngineProcess.StartAsync(kind, fixture.Registry!.Host);
        await using var device = new RealDevice(fixture, kind, w => w with { Settle = TimeSpan.FromSeconds(3) }, socket: engine.Socket);
        await device.WantAsync("good");
        device.Want("better");
        await device.RunsAsync("better");
        await engine.RestartAsync();
        await device.UntilAsync(() => Task.FromResult(device.Record.Current?.Tag == "better"), "the verdict");
        await device.RunsAsync("better");
    }

    [Fact]
    public async Task Images_nothing_needs_any_more_are_removed_and_the_last_good_one_stays()
    {
        await using var device = Start();
        foreach (var name in new[] { "large", "good", "better" })
            await device.WantAsync(name);
        await device.UntilAsync(async () => await device.Engine.FindImageAsync(fixture.Image("large"), CancellationToken.None) is null, "the removal");
        Assert.NotNull(await device.Engine.FindImageAsync(fixture.Image("good"), TestContext.Current.CancellationToken));
    }

    private RealDevice Start(Func<WorkloadConfiguration, WorkloadConfiguration>? change = null)
    {
        Assert.SkipWhen(EngineFixture.WhyNot(kind) is not null, EngineFixture.WhyNot(kind) ?? "");
        return new(fixture, kind, change);
    }
}
