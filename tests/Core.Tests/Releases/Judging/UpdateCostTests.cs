using Core.Tests.Detection;
using IoTBackend.Core.Releases.Judging;

namespace Core.Tests.Releases.Judging;

public sealed class UpdateCostTests
{
    private const long Bytes = 50_000_000;

    private static readonly TimeSpan Step = TimeSpan.FromMinutes(10);

    [Fact]
    public void Before_any_update_a_stated_guess_is_told() => Assert.Equal((1.5, 0.5), (UpdateCost.Unknown.Percent(Bytes), UpdateCost.Unknown.Percent(0)));

    [Fact]
    public void What_updates_took_is_learned_from_the_fall_of_the_charge_beyond_the_usual()
    {
        var cost = UpdateCost.Unknown;
        for (var i = 0; i < 20; i++)
            cost = Learn(cost, drop: 6);
        Assert.Equal(20, cost.Updates);
        Assert.Equal(6, cost.Percent(Bytes), 1.2);
        Assert.Equal(0.5, cost.Takes!.Value.TotalHours, 0.2);
    }

    [Fact]
    public void An_update_that_took_nothing_makes_the_guess_smaller_and_never_free()
    {
        var cost = UpdateCost.Unknown;
        for (var i = 0; i < 40; i++)
            cost = Learn(cost, drop: 0);
        Assert.InRange(cost.Percent(Bytes), 0.1, 0.4);
    }

    [Fact]
    public void A_device_without_a_charge_in_percent_teaches_nothing()
    {
        var device = new WatchedDevice().Report(100, Step, i => new() { BatteryVoltage = 4 - (0.001 * i), Digest = i < 50 ? "old" : "new" });
        Assert.Same(UpdateCost.Unknown, UpdateCost.Unknown.Learn(Bytes, Sighting.Of(device.Policy, in device.State, "sensor", device.Now), new(device.Now.AddHours(-9), 90, null)));
    }

    private static UpdateCost Learn(UpdateCost cost, double drop)
    {
        var (device, level) = (new WatchedDevice(), 90.0);
        device.Report(3 * 144, Step, _ => new() { BatteryPercent = level -= 2.0 / 144, Digest = "old" });
        var told = Baseline.Of(Seen(), device.Now);
        device.Report(2, Step, _ => new() { BatteryPercent = level -= 2.0 / 144, Digest = "old" });
        level -= drop;
        device.Report(10, Step, _ => new() { BatteryPercent = level -= 2.0 / 144, Digest = "new" });
        return cost.Learn(Bytes, Seen(), told);

        Sighting Seen() => Sighting.Of(device.Policy, in device.State, "sensor", device.Now);
    }
}
