using CsCheck;
using IoTBackend.Core.Detection;

namespace Core.Tests.Detection;

public sealed class RunningImagesTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly WatchedDevice _device = new();

    [Fact]
    public void A_track_remembers_since_when_its_image_runs_and_the_heartbeats_since()
    {
        _device.Report(5, Minute, _ => new() { Track = "sensor", Digest = "a" }).Report(1, Minute, _ => new() { Track = "sensor", Digest = "b" });
        var switched = _device.Now;
        _device.Report(4, Minute).Report(3, Minute, _ => new() { Digest = "b" });
        var image = _device.State.Images.Find("sensor")!.Value;
        Assert.Equal((RunningImages.Hash("b"), switched, _device.Now, 7), (image.Digest, image.Since, image.NamedAt, image.Heartbeats));
        Assert.Null(_device.State.Images.Find("other"));
    }

    [Fact]
    public void Two_tracks_named_in_turn_are_no_switch()
    {
        _device.Report(20, Minute, i => i % 2 == 0 ? new() { Track = "sensor", Digest = "a" } : new() { Track = "agent", Digest = "b" });
        Assert.Equal(0, _device.State.Silence.ImageSwitchedAt);
        Assert.Equal((19L, 18L), (_device.State.Images.Find("sensor")!.Value.Heartbeats, _device.State.Images.Find("agent")!.Value.Heartbeats));
    }

    [Fact]
    public void A_track_that_was_not_named_for_a_week_while_another_was_runs_no_more()
    {
        _device.Report(1, Minute, _ => new() { Track = "sensor", Digest = "a" }).Report(6, TimeSpan.FromDays(1), _ => new() { Track = "agent", Digest = "b" });
        Assert.Equal([RunningImages.KeyOf("sensor", "a")], _device.State.OtherImages);
        _device.Report(2, TimeSpan.FromDays(1), _ => new() { Track = "agent", Digest = "b" });
        Assert.Empty(_device.State.OtherImages);
    }

    [Fact]
    public void Readings_of_one_arrival_are_one_heartbeat()
    {
        _device.Report(1, Minute, _ => new() { Digest = "a" });
        for (var i = 0; i < 50; i++)
            _device.Hear(new() { Digest = "a" });
        Assert.Equal(0, _device.State.Images.Find("any")!.Value.Heartbeats);
    }

    [Fact]
    public void Whatever_is_named_the_latest_image_of_the_latest_tracks_is_known() => Gen.Select(Gen.Int[0, 5], Gen.Int[0, 3]).Array[1, 60].Sample(named =>
    {
        var (device, last) = (new WatchedDevice(), new Dictionary<int, (int Digest, int At)>());
        for (var i = 0; i < named.Length; i++)
        {
            var (track, digest) = named[i];
            device.Report(1, Minute, _ => new() { Track = $"t{track}", Digest = $"d{digest}" });
            last[track] = (digest, i);
        }
        foreach (var (track, (digest, _)) in last.OrderByDescending(t => t.Value.At).Take(3))
            Assert.Equal(RunningImages.Hash($"d{digest}"), device.State.Images.Find($"t{track}")!.Value.Digest);
    });

    [Fact]
    public void Restarts_are_remembered_with_their_time()
    {
        _device.Report(30, Minute, i => new() { Sequence = 100 + i });
        var before = _device.Now;
        for (var restart = 0; restart < 3; restart++)
            _device.Report(5, Minute, i => new() { Sequence = 1 + i });
        Assert.Equal((0, 3, 3u), (_device.State.Resets.Since(default, before), _device.State.Resets.Since(before, _device.Now), _device.State.Resets.Count));
    }

    [Fact]
    public void The_levels_of_two_weeks_are_remembered_the_latest_days_more_finely()
    {
        _device.Report(20 * 24, TimeSpan.FromHours(1), i => new() { BatteryPercent = 90 - 0.1 * i });
        double[] days = new double[56], levels = new double[56], widths = new double[56];
        var n = _device.State.Levels.Course(_device.Now.AddDays(-20), _device.Now, days, levels, widths);
        Assert.Equal(13.5, widths[..n].Sum(), 0.6);
        Assert.Equal((0.5, 0.125), (widths[0], widths[n - 1]));
        Assert.Equal(2.4, (levels[0] - levels[n - 1]) / (days[n - 1] - days[0]), 0.05);
        Assert.Equal(16, _device.State.Levels.Course(_device.Now.AddDays(-2), _device.Now, days, levels, widths), 1d);
    }
}
