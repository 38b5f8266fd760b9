using CsCheck;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;

namespace Agent.Tests.Updates;

/// <summary>An agent that dies at any call to the engine, before it or after it, and is started again.</summary>
public sealed class UpdateAfterDeathTests
{
    private static readonly Gen<(int, bool)[]> Deaths = Gen.Select(Gen.Int[0, 12], Gen.Bool).Array[0, 8];

    [Fact]
    public void However_often_it_dies_one_container_runs_in_the_end_and_it_is_the_one_that_proved_itself() =>
        Gen.Select(Deaths, Gen.Bool, Gen.Bool).Sample((deaths, beside, good) =>
        {
            using var device = new Device(beside ? Strategy.Beside : Strategy.Replace, image => image == Device.Image('b').Image && !good ? Health.Unhealthy : Health.Healthy);
            RunAsync(device, deaths).GetAwaiter().GetResult();
            var expected = Device.Image(good ? 'b' : 'a').Image;
            return device.Engine.Running.SequenceEqual([expected]) && device.Engine.Containers.Count == 1 && device.Record.Current?.Image == expected
                && device.Engine.MostRunning <= (beside ? 2 : 1);
        }, iter: 100);

    [Theory]
    [InlineData(Strategy.Replace, true)]
    [InlineData(Strategy.Replace, false)]
    [InlineData(Strategy.Beside, true)]
    [InlineData(Strategy.Beside, false)]
    public async Task One_death_at_each_single_step_changes_nothing_about_the_end(object strategy, bool good)
    {
        for (var call = 0; call < 40; call++)
        {
            foreach (var after in new[] { false, true })
            {
                using var device = new Device((Strategy)strategy, image => image == Device.Image('b').Image && !good ? Health.Unhealthy : Health.Healthy);
                await RunAsync(device, [(call, after)]);
                Assert.Equal([Device.Image(good ? 'b' : 'a').Image], device.Engine.Running);
                Assert.Equal(good ? "installed" : "failed", device.Record.Report?.State);
            }
        }
    }

    [Fact]
    public async Task An_image_that_takes_the_device_down_with_it_is_given_up_after_three_starts()
    {
        using var device = new Device(Strategy.Replace, _ => Health.Starting) { Engine = { PowerFails = true } };
        device.Want(Device.Image('a'));
        device.Engine.DieAt(Enumerable.Repeat((12, true), 5));
        await device.SettleAsync();
        Assert.Empty(device.Engine.Running);
        Assert.Equal("was started 3 times and ended before it could be judged", device.Record.Report?.Reason);
    }

    [Fact]
    public async Task What_is_withdrawn_while_it_is_tried_makes_way_for_what_was_there()
    {
        using var device = new Device(Strategy.Replace, _ => Health.Healthy);
        await RunAsync(device, []);
        device.State.Change(Device.Track, r => r.Want(Device.Image('c')) with { Trial = new(Device.Image('c'), IoTBackend.Agent.Updates.TrialPhase.Trying) });
        device.Want(Device.Image('b'));
        await device.SettleAsync();
        Assert.Equal([Device.Image('b').Image], device.Engine.Running);
    }

    [Fact]
    public async Task What_failed_gets_one_second_to_end_because_the_old_one_waits()
    {
        using var device = new Device(Strategy.Replace, image => image == Device.Image('b').Image ? Health.Unhealthy : Health.Healthy);
        await RunAsync(device, []);
        Assert.Equal(TimeSpan.FromSeconds(10), device.Engine.Stopped[Device.Image('a').Image]);
        Assert.Equal(TimeSpan.FromSeconds(1), device.Engine.Stopped[Device.Image('b').Image]);
    }

    [Theory]
    [InlineData(1, 500, "installed", null)]
    [InlineData(2, 500, "installed", null)]
    [InlineData(3, 500, "failed", "does not start: no such file or directory; a is back")]
    [InlineData(1, 400, "failed", "does not start: no such file or directory; a is back")]
    public async Task An_engine_that_is_going_down_is_not_the_images_fault(int refusals, int status, string state, string? reason)
    {
        using var device = new Device(Strategy.Replace, _ => Health.Healthy);
        device.Want(Device.Image('a'));
        await device.SettleAsync();
        device.Engine.Refuses = (refusals, status);
        device.Want(Device.Image('b'));
        await device.SettleAsync();
        Assert.Equal((state, reason), (device.Record.Report?.State, device.Record.Report?.Reason));
        Assert.Equal([Device.Image(state == "installed" ? 'b' : 'a').Image], device.Engine.Running);
    }

    [Fact]
    public async Task The_last_good_image_stays_and_older_ones_go()
    {
        using var device = new Device(Strategy.Replace, _ => Health.Healthy);
        foreach (var image in "abc")
        {
            device.Want(Device.Image(image));
            await device.SettleAsync();
        }

        Assert.Equal([Device.Image('b').Image, Device.Image('c').Image], device.Engine.Images.Order());
    }

    [Fact]
    public async Task A_track_that_is_no_longer_wanted_leaves_neither_container_nor_image()
    {
        using var device = new Device(Strategy.Replace, _ => Health.Healthy);
        await RunAsync(device, []);
        device.Want(null);
        await device.SettleAsync();
        Assert.Empty(device.Engine.Containers);
        Assert.Empty(device.Engine.Images);
    }

    [Fact]
    public async Task An_engine_that_has_lost_containers_and_images_gets_them_again()
    {
        using var device = new Device(Strategy.Replace, _ => Health.Healthy);
        await RunAsync(device, []);
        device.Engine.Forget();
        await device.SettleAsync();
        Assert.Equal([Device.Image('b').Image], device.Engine.Running);
    }

    [Fact]
    public async Task What_failed_is_not_tried_again_until_the_operator_asks_for_it()
    {
        using var device = new Device(Strategy.Replace, image => image == Device.Image('b').Image ? Health.Unhealthy : Health.Healthy);
        await RunAsync(device, []);
        device.Want(Device.Image('b'));
        Assert.Null(device.Record.Trial);
        device.Want(Device.Image('b') with { Attempt = 2 });
        Assert.NotNull(device.Record.Trial);
    }

    private static async Task RunAsync(Device device, (int, bool)[] deaths)
    {
        device.Want(Device.Image('a'));
        await device.SettleAsync();
        device.Engine.DieAt(deaths);
        device.Want(Device.Image('b'));
        await device.SettleAsync();
    }
}
