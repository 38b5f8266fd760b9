using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Tests.Shared;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("platfrom", "did you mean 'platform'?")]
    [InlineData("Platform", "did you mean 'platform'?")]
    [InlineData("minSevrity", "did you mean 'minSeverity'?")]
    [InlineData("group", "did you mean 'groups'?")]
    [InlineData("colour", "known are platform, groups, minSeverity.")]
    public void The_name_somebody_meant_is_the_nearest_if_it_is_near(string written, string suggestion) =>
        Assert.Equal(suggestion, Spelling.Suggest(written, ["platform", "groups", "minSeverity"]));

    [Fact]
    public void A_name_without_end_costs_nothing() =>
        Assert.Equal("known are a.", Spelling.Suggest(new string('a', 1_000_000), ["a"]));
}
