namespace Core.Tests.Detection.Connectivity;

/// <summary>What is promised of silences and groups, on sites of every kind that is hard.</summary>
public sealed class MadeUpSitesTests
{
    [Theory]
    [InlineData("hourly")]
    [InlineData("minutes")]
    [InlineData("mixed")]
    [InlineData("part of it")]
    [InlineData("one after the other")]
    [InlineData("six-hourly")]
    [InlineData("radio")]
    [InlineData("backlog")]
    [InlineData("clocks")]
    [InlineData("updates")]
    [InlineData("muddled")]
    [InlineData("power cuts")]
    public void Silences_are_told_with_their_cause_and_shared_ones_as_one(string kind)
    {
        var score = Score(kind);
        Assert.True(score.Told >= 0.99 * score.Silences, $"{score.Told} of {score.Silences} silences told");
        Assert.True(score.SharedTold >= 0.94 * score.Shared, $"{score.SharedTold} of {score.Shared} shared silences told");
        Assert.InRange(score.Cause, 0.85, 1);
        Assert.InRange(score.FalsePer1000DeviceDays, 0, 3);
        Assert.InRange(score.FalseShared, 0, 2);
        Assert.Equal(0, score.FalseSpells);
    }

    [Fact]
    public void Faults_of_single_devices_are_told_with_their_cause()
    {
        var score = Score("single faults");
        Assert.True(score.Told >= 0.99 * score.Silences, $"{score.Told} of {score.Silences} silences told");
        Assert.InRange(score.Cause, 0.9, 1);
        Assert.InRange(score.FalseShared, 0, 2);
    }

    [Theory]
    [InlineData("season")]
    [InlineData("season with faults")]
    public void What_is_put_away_over_a_day_for_months_is_one_outage(string kind)
    {
        var score = Score(kind);
        Assert.Equal(score.Seasons, score.SeasonsAsOne);
        Assert.Equal(score.Shared, score.SharedTold);
    }

    [Fact]
    public void A_site_that_gets_bad_without_going_dead_is_told_as_one_incident_or_two()
    {
        var score = Score("bad spells");
        Assert.Equal(score.Spells, score.SpellsTold);
        Assert.InRange(score.SpellAlerts, score.Spells, 1.3 * score.Spells);
        Assert.True(score.Told >= 0.5 * score.Silences, $"{score.Told} of {score.Silences} silences told");
        Assert.Equal(0, score.FalseSpells);
    }

    [Fact]
    public void A_silence_far_longer_than_the_devices_flapping_is_told()
    {
        var score = Score("flapping");
        Assert.True(score.Told >= 0.98 * score.Silences, $"{score.Told} of {score.Silences} silences told");
        Assert.InRange(score.Cause, 0.9, 1);
    }

    [Theory]
    [InlineData("quiet", 0)]
    [InlineData("restarts", 1)]
    public void A_healthy_site_says_nothing(string kind, int mostOutages)
    {
        var score = Score(kind);
        Assert.Equal((0, 0), (score.False, score.FalseSpells));
        Assert.InRange(score.FalseShared, 0, mostOutages);
    }

    private static MadeUpScore Score(string kind)
    {
        var score = new MadeUpScore();
        for (var seed = 1; seed <= 6; seed++)
            score.Add(MadeUpSites.Make(kind, seed));
        return score;
    }
}
