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

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Report(string id, TimeSpan interval, double from, double to)
    {
        for (var at = from; at <= to; at++)
            _rows.Add((interval * at, id));
    }

    private IReadOnlyList<Episode> Replay(TimeSpan interval, TimeSpan until)
    {
        for (var at = TimeSpan.Zero; at <= until; at += interval)
            _rows.Add((at, "clock"));
        var rules = Path.Combine(_folder, "rules.json");
        var declared = System.Xml.XmlConvert.ToString(interval);
        File.WriteAllText(rules, $$"""{ "groups": { "site": { } }, "models": [ { "match": "d*", "group": "site", "reportingInterval": "{{declared}}" }, { "match": "*", "reportingInterval": "{{declared}}" } ] }""");
        var telemetry = Path.Combine(_folder, "t.csv");
        File.WriteAllLines(telemetry, ["deviceId,timestamp_iso,batteryVoltage", .. _rows.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Id},{T + r.At:O},"))]);
        return IoTBackend.Backtest.Backtest.Replay(telemetry, rules, null).Alerts.Episodes;
    }
}
