using System.Globalization;
using IoTBackend.Backtest;

namespace Core.Tests.Detection.Connectivity;

/// <summary>Sites whose members fall silent and come back, replayed from the readings to the alerts.</summary>
public sealed class GroupScenarioTests : IDisposable
{
    private static readonly DateTimeOffset T = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("iot-groups-").FullName;
    private readonly SortedSet<(TimeSpan At, string Id)> _rows = [];

    [Fact]
    public void Members_that_came_back_leave_the_outage_and_every_silence_is_told_once()
    {
        var second = TimeSpan.FromSeconds(1);
        for (var i = 0; i < 6; i++)
        {
            Report($"d{i}", second, 0, 30);
            if (i < 4)
                Report($"d{i}", second, 55, 115);
        }
        var alerts = Replay(second, until: TimeSpan.FromSeconds(175));
        var outages = alerts.Where(a => a.Kind == "group.outage").ToList();
        Assert.Equal(2, outages.Count);
        Assert.InRange(outages[0].ClearedAt!.Value, T.AddSeconds(54), T.AddSeconds(56));
        Assert.Equal(["d0", "d1", "d2", "d3"], (string[])outages[1].Members!);
        Assert.Contains("4 of 4 active members", outages[1].Summary, StringComparison.Ordinal);
        Assert.Equal(["d4", "d5"], alerts.Where(a => a.Kind == "device.offline").Select(a => a.DeviceId).Order());
    }

    [Fact]
    public void Devices_put_away_for_the_winter_are_one_outage_that_ends_with_their_return()
    {
        var hour = TimeSpan.FromHours(1);
        for (var i = 0; i < 6; i++)
        {
            Report($"d{i}", hour, i * 0.1, 500 + i);
            Report($"d{i}", hour, 5000 + 2 * i, 5500);
        }
        var alerts = Replay(hour, until: hour * 5500);
        var outage = Assert.Single(alerts, a => a.Kind == "group.outage");
        Assert.InRange(outage.ClearedAt!.Value, T.AddHours(5000), T.AddHours(5010));
        Assert.All(alerts.Where(a => a.Kind == "device.offline"), a => Assert.True(a.RaisedAt <= outage.RaisedAt && a.Cause == "gateway"));
    }

    [Fact]
    public void Two_that_never_come_back_swallow_no_later_outage()
    {
        var minute = TimeSpan.FromMinutes(10);
        for (var i = 0; i < 6; i++)
        {
            Report($"d{i}", minute, 0, 500);
            for (var k = 1; i < 4 && k <= 3; k++)
                Report($"d{i}", minute, k * 1000, k * 1000 + 500);
        }
        var alerts = Replay(minute, until: minute * 3700);
        Assert.Equal(4, alerts.Count(a => a.Kind == "group.outage"));
        Assert.Equal(["d4", "d5"], alerts.Where(a => a.Kind == "device.offline").Select(a => a.DeviceId).Order());
    }

    [Fact]
    public void Who_is_silent_while_the_others_report_is_silent_on_its_own_account()
    {
        var minute = TimeSpan.FromMinutes(1);
        for (var i = 0; i < 4; i++)
            Report($"d{i}", minute, 0, i == 0 ? 200 : 400);
        Assert.Equal("device", Assert.Single(Replay(minute, until: minute * 400), a => a.Kind == "device.offline").Cause);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(190)]
    public void Who_stays_away_long_after_the_others_are_back_is_silent_on_its_own_account(int last)
    {
        var minute = TimeSpan.FromMinutes(1);
        for (var i = 0; i < 4; i++)
        {
            Report($"d{i}", minute, 0, i == 0 ? last : 200);
            if (i > 0)
                Report($"d{i}", minute, 260, 600);
        }
        var alerts = Replay(minute, until: minute * 600);
        Assert.Single(alerts, a => a.Kind == "group.outage");
        Assert.Equal("device", Assert.Single(alerts, a => a.Kind == "device.offline" && a.DeviceId == "d0").Cause);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_site_heard_a_quarter_as_much_as_usual_is_one_incident_while_it_lasts(bool counters)
    {
        var (minutes, random) = (TimeSpan.FromMinutes(5), new Random(1));
        for (var i = 0; i < 25; i++)
        {
            for (var at = 0; at < 900; at++)
            {
                if (random.NextDouble() > (at is >= 600 and < 636 ? 0.75 : 0.03))
                    Report($"d{i}", minutes, at, at);
            }
        }
        var alerts = Replay(minutes, until: minutes * 900, counters);
        var incident = Assert.Single(alerts, a => a.Kind.StartsWith("group.", StringComparison.Ordinal));
        Assert.Equal("group.outage", incident.Kind);
        Assert.InRange(((string[])incident.Members!).Length, 20, 25);
        Assert.InRange(incident.RaisedAt, T + 605 * minutes, T + 620 * minutes);
        Assert.InRange(incident.ClearedAt!.Value, T + 636 * minutes, T + 660 * minutes);
    }

    [Fact]
    public void A_silence_of_twenty_intervals_is_told_although_the_site_is_heard_badly()
    {
        var (minutes, random) = (TimeSpan.FromMinutes(5), new Random(1));
        for (var i = 0; i < 25; i++)
        {
            for (var at = 0; at < 900; at++)
            {
                if (random.NextDouble() > (at is >= 600 and < 660 ? 0.55 : 0.03) && (i > 0 || at is < 620 or > 650))
                    Report($"d{i}", minutes, at, at);
            }
        }
        var alerts = Replay(minutes, until: minutes * 900, counters: true);
        Assert.Contains("d0", alerts.Where(a => a.Kind == "device.offline").Select(a => a.DeviceId).Concat(alerts.Where(a => a.Kind == "group.outage").SelectMany(a => (string[])a.Members!)));
    }

    [Theory]
    [InlineData("all report four times as seldom from now on")]
    [InlineData("two of five fail")]
    [InlineData("all are quiet at night")]
    [InlineData("all come and go")]
    public void What_is_no_worse_than_it_was_or_not_shared_is_no_degraded_site(string what)
    {
        var (minute, random) = (TimeSpan.FromMinutes(1), new Random(2));
        for (var i = 0; i < 5; i++)
        {
            for (var at = 0; at < 5000; at++)
            {
                var isHeard = what switch
                {
                    ['a', 'l', 'l', ' ', 'r', ..] => at < 2500 || at % 4 == i % 4,
                    ['t', ..] => i > 1 || at < 2500 + i * 7,
                    ['a', 'l', 'l', ' ', 'a', ..] => at / 500 % 2 == 0,
                    _ => random.NextDouble() > 0.5 + 0.3 * Math.Sin(at / 50.0 + i),
                };
                if (isHeard)
                    Report($"d{i}", minute, at, at);
            }
        }
        Assert.DoesNotContain(Replay(minute, until: minute * 5000), a => a.Kind == "group.degraded");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Report(string id, TimeSpan interval, double from, double to)
    {
        for (var at = from; at <= to; at++)
            _rows.Add((interval * at, id));
    }

    private IReadOnlyList<Episode> Replay(TimeSpan interval, TimeSpan until, bool counters = false)
    {
        for (var at = TimeSpan.Zero; at <= until; at += interval)
            _rows.Add((at, "clock"));
        var rules = Path.Combine(_folder, "rules.json");
        var declared = System.Xml.XmlConvert.ToString(interval);
        File.WriteAllText(rules, $$"""{ "groups": { "site": { } }, "models": [ { "match": "d*", "group": "site", "reportingInterval": "{{declared}}" }, { "match": "*", "reportingInterval": "{{declared}}" } ] }""");
        var telemetry = Path.Combine(_folder, "t.csv");
        File.WriteAllLines(telemetry, ["deviceId,timestamp_iso,sequence", .. _rows.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Id},{T + r.At:O},{(counters ? $"{r.At / interval:0}" : "")}"))]);
        return IoTBackend.Backtest.Backtest.Replay(telemetry, rules, null).Alerts.Episodes;
    }
}
