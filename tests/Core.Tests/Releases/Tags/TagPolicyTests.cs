using System.Text.Json;
using IoTBackend.Core.Releases.Tags;
using Semver;

namespace Core.Tests.Releases.Tags;

public sealed class TagPolicyTests
{
    [Theory]
    [InlineData("1.2.0", "1.10.0")]
    [InlineData("v1.2.0", "1.2.1")]
    [InlineData("1.0.0-rc.1", "1.0.0")]
    [InlineData("1.0.0-alpha", "1.0.0-alpha.1")]
    [InlineData("1.0.0-alpha.1", "1.0.0-alpha.beta")]
    [InlineData("1.0.0-rc.2", "1.0.0-rc.11")]
    [InlineData("1.0.0-99999999999999999999", "1.0.0-100000000000000000000")]
    public void Versions_are_ordered_by_precedence(string older, string newer) =>
        Assert.True(SemVersion.ComparePrecedence(VersionTag.Parse(older), VersionTag.Parse(newer)) < 0);

    [Theory]
    [InlineData("20221209-1")]
    [InlineData("1.2")]
    [InlineData("1.02.0")]
    [InlineData("1.2.3.4")]
    [InlineData("1.2.3-")]
    [InlineData("1.2.3-01")]
    [InlineData("1.2.3-a..b")]
    [InlineData("latest")]
    [InlineData("9999999999999999999.0.0")]
    public void What_only_looks_like_a_version_is_none(string tag) => Assert.Null(VersionTag.Parse(tag));

    [Theory]
    [InlineData("*", "0.0.1", true)]
    [InlineData("1.x", "1.9.9", true)]
    [InlineData("1.x", "2.0.0", false)]
    [InlineData("^1.2", "1.2.0", true)]
    [InlineData("^1.2", "1.99.0", true)]
    [InlineData("^1.2", "2.0.0", false)]
    [InlineData("^0.2.3", "0.2.9", true)]
    [InlineData("^0.2.3", "0.3.0", false)]
    [InlineData("^0.0.3", "0.0.4", false)]
    [InlineData("~1.2.3", "1.2.9", true)]
    [InlineData("~1.2.3", "1.3.0", false)]
    [InlineData("~1", "1.9.0", true)]
    [InlineData(">=1.2 <2", "1.5.0", true)]
    [InlineData(">=1.2 <2", "2.0.0", false)]
    [InlineData(">1.2", "1.2.9", false)]
    [InlineData("<=1.2", "1.2.9", true)]
    [InlineData("1.2.3", "1.2.3", true)]
    [InlineData("1.2.3", "1.2.4", false)]
    [InlineData("1.x || 3.x", "3.1.0", true)]
    [InlineData("1.x || 3.x", "2.1.0", false)]
    [InlineData("^1.2", "1.3.0-rc.1", false)]
    [InlineData(">=1.3.0-0 <2", "1.3.0-rc.1", true)]
    [InlineData(">=1.3.0-0 <2", "1.4.0-rc.1", true)]
    [InlineData(">=1.3.0-rc.0 <2", "1.4.0-rc.1", false)]
    [InlineData(">=1.0.0-0", "1.4.0-rc.1", true)]
    [InlineData(">=1.0.0-0", "0.9.0", false)]
    [InlineData("2.x.x-0", "2.1.0", true)]
    [InlineData("2.x.x-0", "2.1.0-rc.1", true)]
    [InlineData("2.x.x-0", "3.0.0-rc.1", false)]
    [InlineData(">=1.2.0 <2.0.0-0", "1.4.0-rc.1", false)]
    [InlineData(">=1.2.0 <2.0.0-0", "2.0.0-rc.1", false)]
    [InlineData("^1.0.0-0 || 2.x", "1.4.0-rc.1", true)]
    [InlineData("^1.0.0-0 || 2.x", "2.4.0-rc.1", false)]
    [InlineData("1.0.0-0 - 2.0.0", "1.4.0-rc.1", true)]
    [InlineData("1.0.0 - 2.0.0-0", "1.4.0-rc.1", false)]
    [InlineData("3.0.0-0 || >=1.0.0", "1.4.0-rc.1", false)]
    [InlineData("<0.0.0 || 1.x", "1.4.0", true)]
    [InlineData("1.2 - 1.4", "1.4.9", true)]
    [InlineData("<2.0.0", "2.0.0-rc.1", false)]
    [InlineData("1.3.0-rc.1", "1.3.0-rc.1", true)]
    public void A_range_takes_what_it_says(string range, string version, bool taken) =>
        Assert.Equal(taken, VersionRange.Parse(range)!.Contains(VersionTag.Parse(version)!));

    [Theory]
    [InlineData("")]
    [InlineData("1.2.3.4")]
    [InlineData("latest")]
    [InlineData(">=")]
    [InlineData("<*")]
    [InlineData("1 ||")]
    [InlineData("[1.0,2.0)")]
    public void What_is_no_range_is_refused(string range) =>
        Assert.True(TagPolicy.Create(new() { Range = range }).IsRejected);

    [Theory]
    [InlineData("(")]
    [InlineData("(?=a)b")]
    public void A_filter_that_could_take_for_ever_or_is_broken_is_refused(string filter) =>
        Assert.True(TagPolicy.Create(new() { Filter = filter }).IsRejected);

    [Theory]
    [InlineData("1.2.0", null)]
    [InlineData("1.2.0-rc.1", "Pre-releases")]
    [InlineData("latest", "MAJOR.MINOR.PATCH")]
    [InlineData("sha256-136042fae6cadcd8d1cf28a98c06cfefc6ea97c39b06175690c72b18091e3b46.sig", "not a version")]
    public void Versions_are_followed_unless_told_otherwise(string tag, string? why)
    {
        var refusal = Policy(new()).Refuses(tag);
        if (why is null)
            Assert.Null(refusal);
        else
            Assert.Contains(why, refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void The_extracted_part_is_what_is_ordered()
    {
        var policy = Policy(new() { Filter = @"^main-[0-9a-f]+-(?<version>\d+)$", Order = TagOrder.Numeric });
        Assert.Null(policy.Refuses("main-9f-10"));
        Assert.NotNull(policy.Refuses("dev-9f-10"));
        Assert.True(policy.Compare("main-ff-9", "main-00-10") < 0);
    }

    [Fact]
    public void An_exact_tag_alone_is_followed_and_may_move()
    {
        var policy = Policy(new() { Order = TagOrder.Exact, Range = "stable" });
        Assert.Null(policy.Refuses("stable"));
        Assert.NotNull(policy.Refuses("1.2.0"));
        Assert.False(policy.IsImmutable);
    }

    /// <summary>What npm's own semver package says of 46 ranges and 27 versions each; <c>-0</c> as a lower bound apart.</summary>
    [Fact]
    public void Ranges_are_read_as_npm_reads_them()
    {
        using var json = JsonDocument.Parse(Samples.Read("npm-ranges.json"));
        var versions = json.RootElement.GetProperty("versions").Deserialize<string[]>()!;
        foreach (var expected in json.RootElement.GetProperty("ranges").EnumerateArray())
        {
            var range = VersionRange.Parse(expected.GetProperty("range").GetString()!);
            Assert.Equal(expected.GetProperty("valid").GetBoolean(), range is not null);
            if (range is not null)
                Assert.Equal(expected.GetProperty("takes").Deserialize<string[]>()!, versions.Where(v => range.Contains(VersionTag.Parse(v)!)));
        }
    }

    private static TagPolicy Policy(TagRules rules) => TagPolicy.Create(rules).Value!;
}
