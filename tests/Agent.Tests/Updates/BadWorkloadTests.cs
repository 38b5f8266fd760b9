using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;

namespace Agent.Tests.Updates;

/// <summary>Workloads that hang, crash late, or say what is nobody's business.</summary>
public sealed class BadWorkloadTests
{
    private static readonly string Good = Device.Image('a').Image;
    private static readonly string Bad = Device.Image('b').Image;
    private static readonly ExecResult Unended = new(null, "", "exec");

    [Fact]
    public async Task A_check_that_never_ends_has_not_passed_and_the_old_one_is_back()
    {
        using var device = new Device(Strategy.Replace, _ => Health.None, w => w with { Check = ["/check"] });
        await RunAsync(device, engine => engine.Answers = _ => Unended);
        Assert.Equal("its check did not pass within 120 s; a is back", device.Record.Report?.Reason);
        Assert.Equal([Good], device.Engine.Running);
    }

    [Fact]
    public async Task A_check_that_never_ends_has_no_other_beside_it()
    {
        using var device = new Device(Strategy.Replace, _ => Health.None, w => w with { Check = ["/check"] });
        var checks = 0;
        await RunAsync(device, engine => engine.Answers = _ =>
        {
            checks++;
            return Unended;
        });
        Assert.Equal(1, checks);
    }

    [Theory]
    [InlineData(60, "installed")]
    [InlineData(0, "failed")]
    public async Task Where_the_agent_runs_the_health_check_itself_a_failure_counts_after_the_images_start_period(int startPeriod, string expected)
    {
        using var device = new Device(Strategy.Replace, _ => Health.Starting);
        var checks = 0;
        device.Engine.HealthCheck = (new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(startPeriod), 2), () => ++checks > 50);
        device.Want(Device.Image('a'));
        await device.SettleAsync();
        Assert.Equal(expected, device.Record.Report?.State);
    }

    [Fact]
    public async Task A_workload_that_is_asked_and_gives_no_answer_defers_the_update_and_that_is_told()
    {
        using var device = new Device(Strategy.Replace, _ => Health.Healthy, w => w with { Ask = ["/ask"] });
        device.Want(Device.Image('a'));
        await device.SettleAsync();
        device.Engine.Answers = _ => Unended;
        device.Want(Device.Image('b'));
        await device.PassAsync(3);
        Assert.Equal(("deferred", "the workload was asked and gave no answer in 10 s"), (device.Record.Report?.State, device.Record.Report?.Reason));
        Assert.Equal([Good], device.Engine.Running);
    }

    [Fact]
    public async Task A_workload_that_was_asked_is_not_asked_again_before_that_has_ended_and_is_looked_after_all_the_time()
    {
        using var device = new Device(Strategy.Replace, _ => Health.Healthy, w => w with { Ask = ["/ask"] });
        device.Want(Device.Image('a'));
        await device.SettleAsync();
        var (asked, looked, longest) = (new List<TimeSpan>(), device.Now, TimeSpan.Zero);
        device.Engine.Answers = _ =>
        {
            asked.Add(device.Now);
            return asked.Count == 1 ? Unended : new(0, "");
        };
        device.Engine.GoesOn = () => device.Now < TimeSpan.FromHours(5);
        device.Engine.Lists = _ =>
        {
            (longest, looked) = (device.Now - looked > longest ? device.Now - looked : longest, device.Now);
            return Task.CompletedTask;
        };
        device.Want(Device.Image('b'));
        await device.PassAsync(TimeSpan.FromHours(6));
        Assert.Equal(2, asked.Count);
        Assert.InRange(asked[1], TimeSpan.FromHours(5), TimeSpan.FromHours(5.1));
        Assert.InRange(longest, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal([Bad], device.Engine.Running);
    }

    [Fact]
    public async Task A_lock_that_a_container_made_a_link_tells_nothing_of_where_it_leads()
    {
        var folder = Directory.CreateTempSubdirectory("lock").FullName;
        var (file, secret) = (Path.Combine(folder, "lock"), Path.Combine(folder, "key"));
        await File.WriteAllTextAsync(secret, "horse-staple", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(file, secret);
        using var device = new Device(Strategy.Replace, _ => Health.Healthy, w => w with { LockFile = file });
        device.Want(Device.Image('a'));
        await device.PassAsync(3);
        Assert.Equal(("deferred", $"{file} is there"), (device.Record.Report?.State, device.Record.Report?.Reason));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("{\"reason\":\"as pump:horse-staple\\u001b[0m\"}")]
    [InlineData("as pump:horse-staple\u001b[0m\nand more")]
    public async Task What_a_workload_says_when_it_is_asked_has_nothing_of_what_the_devices_file_gave_it(string answer)
    {
        using var device = new Device(Strategy.Replace, _ => Health.Healthy,
            w => w with { Ask = ["/ask"], Options = new() { Environment = new Dictionary<string, string> { ["PASSWORD"] = "horse-staple" } } });
        device.Want(Device.Image('a'));
        await device.SettleAsync();
        device.Engine.Answers = _ => new(1, answer);
        device.Want(Device.Image('b'));
        await device.PassAsync(3);
        Assert.Equal("as pump:*** [0m", device.Record.Report?.Reason);
    }

    [Fact]
    public async Task Where_the_devices_file_is_wrong_about_a_workload_what_runs_goes_on_and_an_update_waits_with_the_reason_until_it_is_withdrawn()
    {
        string? fault = null;
        using var device = new Device(Strategy.Replace, _ => Health.Healthy) { Fault = () => fault };
        device.Want(Device.Image('a'));
        await device.SettleAsync();
        fault = "workloads.sensor.options.capabilities: NET_ADMIN, not CAP_NET_ADMIN.";
        device.Want(Device.Image('b'));
        await device.PassAsync(3);
        Assert.Equal(("deferred", $"the device's file: {fault}"), (device.Record.Report?.State, device.Record.Report?.Reason));
        Assert.Equal([Good], device.Engine.Running);
        device.Want(null);
        await device.SettleAsync();
        Assert.Empty(device.Engine.Containers);
    }

    [Fact]
    public async Task An_image_whose_author_wrote_too_much_of_it_is_refused_with_the_reason()
    {
        using var device = new Device(Strategy.Replace, _ => Health.Healthy);
        await RunAsync(device, engine => engine.Refusal = new(413, "what the engine says of it has more than 262144 bytes") { IsOfImage = true });
        Assert.Equal(("failed", "what the engine says of it has more than 262144 bytes; a is back"), (device.Record.Report?.State, device.Record.Report?.Reason));
    }

    [Fact]
    public async Task What_ends_again_and_again_after_it_was_kept_makes_way_for_the_image_before_it()
    {
        using var device = new Device(Strategy.Replace, _ => Health.None);
        await RunAsync(device, engine => engine.RestartsOf = image => image == Bad && device.Record.Trial is null ? 3 : 0);
        Assert.Equal(("failed", "ended 3 times after it was kept, with code 7; a is back"), (device.Record.Report?.State, device.Record.Report?.Reason));
        Assert.Equal([Good], device.Engine.Running);
        device.Want(Device.Image('b'));
        Assert.Null(device.Record.Trial);
    }

    [Fact]
    public async Task That_the_old_one_is_back_is_told_when_it_runs_and_not_with_the_next_reading()
    {
        using var device = new Device(Strategy.Replace, image => image == Bad ? Health.Unhealthy : Health.Healthy);
        await RunAsync(device, _ => { });
        Assert.Equal([Good], device.RunningWhenTold);
    }

    [Fact]
    public async Task What_was_kept_is_watched_also_by_an_agent_that_was_started_again_and_for_ten_minutes()
    {
        using var device = new Device(Strategy.Replace, _ => Health.None);
        await RunAsync(device, _ => { });
        device.Engine.RestartsOf = image => image == Bad ? 3 : 0;
        await device.SettleAsync();
        Assert.Equal("ended 3 times after it was kept, with code 7; a is back", device.Record.Report?.Reason);

        device.Engine.RestartsOf = _ => 0;
        device.Want(Device.Image('c'));
        await device.SettleAsync();
        await device.PassAsync(62);
        device.Engine.RestartsOf = _ => 3;
        await device.SettleAsync();
        Assert.Equal([Device.Image('c').Image], device.Engine.Running);
    }

    [Fact]
    public async Task What_went_wrong_within_the_ten_minutes_counts_also_where_nobody_could_look_before_they_were_over()
    {
        using var device = new Device(Strategy.Replace, _ => Health.None);
        await RunAsync(device, _ => { });
        var looks = 0;
        device.Engine.Lists = _ =>
        {
            if (++looks == 3)
            {
                device.Advance(TimeSpan.FromMinutes(11));
                device.Engine.RestartsOf = image => image == Bad ? 3 : 0;
            }

            return Task.CompletedTask;
        };
        await device.PassAsync(8);
        Assert.Equal([Good], device.Engine.Running);
    }

    [Fact]
    public async Task What_was_kept_and_has_nothing_before_it_goes_on()
    {
        using var device = new Device(Strategy.Replace, _ => Health.None);
        device.Engine.RestartsOf = _ => device.Record.Trial is null ? 3 : 0;
        device.Want(Device.Image('a'));
        await device.SettleAsync();
        Assert.Equal("installed", device.Record.Report?.State);
        Assert.Equal([Good], device.Engine.Running);
    }

    [Fact]
    public async Task The_reason_has_the_last_words_of_the_container_and_not_what_the_devices_file_gave_it()
    {
        using var device = new Device(Strategy.Replace, image => image == Bad ? Health.Unhealthy : Health.Healthy, w => w with { Options = new() { Environment = new Dictionary<string, string> { ["PASSWORD"] = "horse-staple" } } });
        await RunAsync(device, engine => engine.LastLine = "cannot log in as pump:horse-staple\u001b[0m");
        Assert.Equal("unhealthy: cannot log in as pump:*** [0m; a is back", device.Record.Report?.Reason);
    }

    [Fact]
    public async Task A_refusal_of_the_engine_has_nothing_of_what_the_devices_file_gave_the_container()
    {
        using var device = new Device(Strategy.Replace, _ => Health.Healthy, w => w with { Options = new() { Environment = new Dictionary<string, string> { ["PASSWORD"] = "no such file" } } });
        await RunAsync(device, engine => engine.Refuses = (1, 400));
        Assert.Equal("does not start: *** or directory; a is back", device.Record.Report?.Reason);
    }

    [Theory]
    [InlineData(1, "exited with code 7: out of memory; a is back")]
    [InlineData(0, "unhealthy: no route; a is back")]
    public async Task The_last_words_are_those_of_what_went_wrong(int restarts, string reason)
    {
        using var device = new Device(Strategy.Replace, image => image == Bad ? Health.Unhealthy : Health.Healthy);
        await RunAsync(device, engine => (engine.HealthOutput, engine.LastLine, engine.RestartsOf) = ("no route", "out of memory", image => image == Bad ? restarts : 0));
        Assert.Equal(reason, device.Record.Report?.Reason);
    }

    /// <summary>Docker starts it again before it is seen to have ended, podman may be looked at in between.</summary>
    [Fact]
    public async Task What_exits_over_and_over_is_told_in_the_same_words_whoever_starts_it_again()
    {
        using var device = new Device(Strategy.Replace, _ => Health.None);
        await RunAsync(device, engine => (engine.LastLine, engine.Exits) = ("out of memory", image => image == Bad));
        Assert.Equal("exited with code 7: out of memory; a is back", device.Record.Report?.Reason);
        Assert.Equal([Good], device.Engine.Running);
    }

    /// <summary>The first image runs; something is wrong by the time of the second.</summary>
    private static async Task RunAsync(Device device, Action<ModelEngine> trouble)
    {
        device.Want(Device.Image('a'));
        await device.SettleAsync();
        trouble(device.Engine);
        device.Want(Device.Image('b'));
        await device.SettleAsync();
    }
}
