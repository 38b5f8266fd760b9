using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Rollout;

namespace Core.Tests.Releases.Rollout;

public sealed class WavePlanTests
{
    [Theory]
    [InlineData("5,25,100", "", 10, 1000, "50,250,1000")]
    [InlineData("5,25,100", "1,10", 10, 1000, "1,10,50,250,1000")]
    [InlineData("5,25,100", "", 10, 12, "10,12")]
    [InlineData("10,100", "", 1, 11, "2,11")]
    [InlineData("5,100", "500", 1, 100, "5,100")]
    [InlineData("5,25,100", "1,10", 10, 0, "")]
    public void Waves_are_percentages_or_numbers_and_have_the_minimum_sample(string waves, string numbers, int sample, int devices, string limits)
    {
        var rules = new TrackRollout { Waves = Numbers(waves), WaveDevices = Numbers(numbers), MinimumSample = sample };
        Assert.Equal(Numbers(limits), rules.Limits(devices));
    }

    [Fact]
    public void The_beginning_of_the_order_has_of_every_stratum_what_the_fleet_has()
    {
        var fleet = Stratum("large", 900).Concat(Stratum("small", 90)).Concat(Stratum("tiny", 10)).ToList();
        var begun = new List<RolloutDevice>();
        foreach (var wave in Waves(fleet, [50, 200, 500, 1000]))
        {
            begun.AddRange(wave);
            foreach (var (stratum, size) in new[] { ("large", 900), ("small", 90), ("tiny", 10) })
                Assert.InRange(begun.Count(d => d.Id.StartsWith(stratum, StringComparison.Ordinal)) - begun.Count * size / 1000.0, -2, 2);
        }

        Assert.Equal(1000, begun.Select(d => d.Id).Distinct().Count());
    }

    [Fact]
    public void Those_heard_of_late_with_charge_enough_come_first_and_those_not_heard_last()
    {
        var fleet = Stratum("silent", 10, turn: 2).Concat(Stratum("low", 10, turn: 1)).Concat(Stratum("well", 10)).ToList();
        Assert.Equal(["well", "low", "silent"], Waves(fleet, [10, 20, 30]).Select(wave => Assert.Single(wave.Select(d => d.Id.Split('-')[0]).Distinct())));
    }

    [Fact]
    public void Not_always_the_same_devices_go_first()
    {
        var fleet = Stratum("all", 1000).ToList();
        var (first, second) = (Waves(fleet, [100, 1000], "1").First(), Waves(fleet, [100, 1000], "2").First());
        Assert.InRange(first.Select(d => d.Id).Intersect(second.Select(d => d.Id)).Count(), 0, 50);
    }

    private static IEnumerable<Candidate> Stratum(string name, int size, int turn = 0) =>
        Enumerable.Range(0, size).Select(i => new Candidate(new() { Id = $"{name}-{i}" }, name, turn, i % 4));

    private static IEnumerable<List<RolloutDevice>> Waves(IReadOnlyCollection<Candidate> fleet, IReadOnlyList<int> limits, string release = "sensor-1") =>
        WavePlan.Blocks(fleet, limits, release).GroupBy(b => b.Wave).OrderBy(w => w.Key).Select(w => w.SelectMany(b => b.Devices).ToList());

    private static int[] Numbers(string list) => [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(n => int.Parse(n, null))];
}
