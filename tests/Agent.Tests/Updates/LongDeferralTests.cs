using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;

namespace Agent.Tests.Updates;

/// <summary>A workload that never has time, in its own interest or in somebody else's.</summary>
public sealed class LongDeferralTests : IDisposable
{
    private static readonly string Good = Device.Image('a').Image;

    private readonly Device _device = new(Strategy.Replace, _ => Health.Healthy, w => w with { Ask = ["/ask"], DeferAtMost = TimeSpan.FromDays(7) });

    [Fact]
    public async Task It_is_asked_for_as_long_as_the_device_allows_and_then_the_update_goes_ahead_and_that_is_told()
    {
        await BeginAsync();
        await PassAsync(TimeSpan.FromDays(6.9));
        Assert.Equal(("deferred", Good), (_device.Record.Report?.State, _device.Engine.Running.Single()));
        await PassAsync(TimeSpan.FromDays(0.2));
        Assert.Equal([Device.Image('b').Image], _device.Engine.Running);
        Assert.Contains("put off for 7 days, the most this device allows", _device.Reasons);
    }

    [Fact]
    public async Task A_device_that_is_started_again_every_hour_and_a_newer_image_do_not_begin_anew()
    {
        await BeginAsync();
        // A restart forgets some minutes.
        for (var hour = 0; hour < 24 * 9; hour++)
        {
            if (hour == 24 * 5)
                _device.Want(Device.Image('c'));
            await PassAsync(TimeSpan.FromHours(1));
        }

        Assert.Equal([Device.Image('c').Image], _device.Engine.Running);
    }

    [Fact]
    public async Task Newer_images_do_not_begin_anew_however_often_they_come()
    {
        await BeginAsync();
        var (last, name) = (_device.Now, 'b');
        await _device.PassAsync(TimeSpan.FromDays(7.5), state =>
        {
            if (_device.Now - last < TimeSpan.FromMinutes(9))
                return;
            (last, name) = (_device.Now, name == 'b' ? 'c' : 'b');
            state.Change(Device.Track, r => r.Want(Device.Image(name)));
        });
        Assert.Contains("put off for 7 days, the most this device allows", _device.Reasons);
    }

    [Fact]
    public async Task What_was_wanted_and_withdrawn_counts_for_nothing_when_it_is_wanted_again()
    {
        await BeginAsync();
        await _device.LiveAsync(async (state, runner) =>
        {
            await _device.UntilAsync(() => state.Read(Device.Track).Report is { State: "deferred" });
            state.Change(Device.Track, r => r.Want(Device.Image('a')));
            runner.Wake();
            _device.Advance(TimeSpan.FromDays(8));
            await _device.UntilAsync(() => state.Read(Device.Track).Trial is null);
            state.Change(Device.Track, r => r.Want(Device.Image('b')));
            runner.Wake();
            await _device.UntilAsync(() => state.Read(Device.Track).Report is { State: "deferred" });
        });
        Assert.Equal([Good], _device.Engine.Running);
    }

    public void Dispose() => _device.Dispose();

    private async Task BeginAsync()
    {
        _device.Want(Device.Image('a'));
        await _device.SettleAsync();
        _device.Engine.Answers = _ => new(1, "pumping");
        _device.Want(Device.Image('b'));
    }

    /// <summary>Of one agent's life.</summary>
    private Task PassAsync(TimeSpan time) => _device.PassAsync(time);
}
