using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Shared;

namespace Core.Tests.Releases.Rollout;

public sealed class WindowTests
{
    /// <summary>Two to five in the morning in Berlin: on a winter's day, where the clocks skip an hour, and where they show it twice.</summary>
    [Theory]
    [InlineData("2026-01-14T00:59:59Z", "2026-01-14T01:00:00Z", "2026-01-14T03:59:59Z")]
    [InlineData("2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-03-29T02:59:59Z")]
    [InlineData("2026-10-24T23:59:59Z", "2026-10-25T00:00:00Z", "2026-10-25T03:59:59Z")]
    public void A_window_opens_once_a_night_whatever_the_clocks_do(string before, string opens, string last)
    {
        var rules = RolloutWorld.Quick with { Window = new Hours { From = "02:00", To = "05:00", TimeZone = "Europe/Berlin" } };
        Assert.Equal(DateTimeOffset.Parse(opens, null), Turn.WindowOpens(rules, DateTimeOffset.Parse(before, null)));
        for (var at = DateTimeOffset.Parse(opens, null); at <= DateTimeOffset.Parse(last, null); at += TimeSpan.FromMinutes(1))
            Assert.Null(Turn.WindowOpens(rules, at));
        Assert.InRange(Turn.WindowOpens(rules, DateTimeOffset.Parse(last, null).AddSeconds(1)) ?? default, DateTimeOffset.Parse(last, null).AddHours(20), DateTimeOffset.Parse(last, null).AddHours(23));
    }
}
