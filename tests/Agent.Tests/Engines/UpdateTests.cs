using IoTBackend.Agent.Configuration;

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
        // Podman shows it as ended between two of its own starts: then it is the agent's count of starts that is full first.
        Assert.EndsWith("; good is back", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_never_gets_healthy_is_put_back()
    {
        await using var device = Start();
        Assert.Equal("installed", (await device.WantAsync("healthy")).State);
        var report = await device.WantAsync("never");
        Assert.Equal(("failed", "unhealthy; healthy is back"), (report.State, report.Reason));
        await device.RunsAsync("healthy");
    }

    [Fact]
    public async Task An_image_for_another_platform_is_refused_and_the_old_one_goes_on_untouched()
    {
        await using var device = Start();
        await device.WantAsync("good");
        var before = (await device.Engine.ListAsync(TestContext.Current.CancellationToken)).Single();
        Assert.Equal("failed", (await device.WantAsync("foreign")).State);
        Assert.Equal(before, (await device.Engine.ListAsync(TestContext.Current.CancellationToken)).Single());
    }

    [Fact]
    public async Task Beside_means_that_the_old_one_runs_until_the_new_one_proved_itself()
    {
        await using var device = Start(w => w with { Strategy = Strategy.Beside, Settle = TimeSpan.FromSeconds(3) });
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
    public async Task An_image_that_asks_for_more_than_the_device_gives_never_runs()
    {
        await using var device = Start();
        Assert.Equal("it asks to run privileged, which this device does not give", (await device.WantAsync("greedy")).Reason);
        Assert.Empty(await device.Engine.ListAsync(TestContext.Current.CancellationToken));
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
    public async Task A_lock_file_defers_and_its_first_line_says_why()
    {
        var folder = Directory.CreateTempSubdirectory("lock");
        var file = Path.Combine(folder.FullName, "lock");
        await using var device = Start(w => w with { LockFile = file });
        await device.WantAsync("good");
        await File.WriteAllTextAsync(file, "pumping\n", TestContext.Current.CancellationToken);
        device.Want("better");
        await device.UntilAsync(() => Task.FromResult(device.Record.Report is { State: "deferred", Reason: "pumping" }), "the deferral");
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
