using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;

namespace Agent.Tests.Updates;

/// <summary>Images that were signed once and have faults that are known by now: whoever steers the track would bring them back.</summary>
public sealed class OlderImageTests : IDisposable
{
    private static readonly DateTimeOffset First = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>a is of the first day, b of the second, and so on; e does not say.</summary>
    private readonly Device _device = new(Strategy.Replace, _ => Health.Healthy) { NewerOnly = true };

    public OlderImageTests() => _device.Engine.CreatedOf = image => image[^1] == 'e' ? null : First.AddDays(image[^1] - 'a');

    [Fact]
    public async Task One_that_is_older_than_what_proved_itself_is_refused_with_the_reason()
    {
        await RunAsync("ac");
        await RunAsync("d");
        await RunAsync("b");
        Assert.Equal(("failed", "it was made on 2026-01-02 00:00:00, and one of 2026-01-04 00:00:00 has run here: this device takes newer ones only; d is back"),
            (_device.Record.Report?.State, _device.Record.Report?.Reason));
        Assert.Equal([Device.Image('d').Image], _device.Engine.Running);
    }

    [Fact]
    public async Task The_one_that_is_kept_for_the_way_back_may_come_back_and_nothing_in_between_with_it()
    {
        await RunAsync("adad");
        Assert.Equal([Device.Image('d').Image], _device.Engine.Running);
        await RunAsync("a");
        Assert.Equal([Device.Image('a').Image], _device.Engine.Running);
        await RunAsync("b");
        Assert.Equal([Device.Image('a').Image], _device.Engine.Running);
    }

    [Fact]
    public async Task A_track_that_was_withdrawn_meanwhile_has_forgotten_nothing()
    {
        await RunAsync("b");
        _device.Want(null);
        _device.State.Change(Device.Track, r => r with { Report = null });
        await _device.SettleAsync();
        Assert.False(_device.State.Has(Device.Track));
        await RunAsync("a");
        Assert.Empty(_device.Engine.Running);
    }

    [Fact]
    public async Task The_newest_one_may_come_back_on_a_track_that_was_withdrawn_meanwhile_and_no_other_of_its_date()
    {
        await RunAsync("b");
        _device.Want(null);
        await _device.SettleAsync();
        await RunAsync("b");
        Assert.Equal([Device.Image('b').Image], _device.Engine.Running);
        _device.Want(null);
        await _device.SettleAsync();
        _device.Engine.CreatedOf = _ => First.AddDays(1);
        await RunAsync("c");
        Assert.Empty(_device.Engine.Running);
    }

    [Fact]
    public async Task One_that_did_not_last_may_be_tried_again()
    {
        await RunAsync("ab");
        _device.Engine.RestartsOf = image => image[^1] == 'b' ? 3 : 0;
        await _device.SettleAsync();
        Assert.Equal([Device.Image('a').Image], _device.Engine.Running);
        _device.Engine.RestartsOf = _ => 0;
        _device.Want(Device.Image('b') with { Attempt = 2 });
        await _device.SettleAsync();
        Assert.Equal([Device.Image('b').Image], _device.Engine.Running);
    }

    [Fact]
    public async Task Where_the_device_is_told_to_ask_for_it_what_runs_already_counts()
    {
        using var device = new Device(Strategy.Replace, _ => Health.Healthy);
        device.Engine.CreatedOf = _device.Engine.CreatedOf;
        device.Want(Device.Image('b'));
        await device.SettleAsync();
        device.NewerOnly = true;
        device.Want(Device.Image('a'));
        await device.SettleAsync();
        Assert.Equal([Device.Image('b').Image], device.Engine.Running);
    }

    [Fact]
    public async Task One_that_does_not_say_when_it_was_made_is_refused()
    {
        await RunAsync("e");
        Assert.Equal("it does not say when it was made, and this device takes newer ones only", _device.Record.Report?.Reason);
    }

    public void Dispose() => _device.Dispose();

    private async Task RunAsync(string images)
    {
        foreach (var image in images)
        {
            _device.Want(Device.Image(image));
            await _device.SettleAsync();
        }
    }
}
