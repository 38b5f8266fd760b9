using IoTBackend.Backtest;

namespace Core.Tests.Detection;

public sealed class BacktestTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("iot-backtest-").FullName;

    [Fact]
    public void A_recorded_silence_becomes_one_alert_that_clears_with_the_return()
    {
        var alert = Assert.Single(Replay(Rows(0, 200), Rows(300, 310)).Episodes, e => e.Kind == "device.offline");
        Assert.Equal(("d1", At(300)), (alert.DeviceId, alert.ClearedAt));
    }

    [Fact]
    public void The_clock_ends_with_the_last_row() => Assert.Empty(Replay(Rows(0, 200)).Episodes);

    [Fact]
    public void A_comparison_tells_what_a_change_of_rules_gains_and_loses()
    {
        var (old, changed) = (Write("old.json", Rules("PT1M")), Write("new.json", Rules("PT8H")));
        var output = new StringWriter();
        Comparison.Print(Write("t.csv", Header + Rows(0, 200) + Rows(300, 310)), old, changed, output);
        Assert.Contains("device.offline              1        0        0        1", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_appears_late_knows_the_lives_of_its_model_as_it_does_live()
    {
        // d1 lived for 500 hours, with a knee; d2 is of its model, e2 of another, and both begin after that.
        var rows = Enumerable.Range(0, 560).Select(i => $"d1,{At(60 * i):O},{Volts(i)},,,\n").Concat(Enumerable.Range(0, 300).SelectMany(i => new[] { "d2", "e2" }.Select(d => $"{d},{At(60 * (600 + i)):O},{Volts(i)},,,\n")));
        var output = new StringWriter();
        Backtest.Replay(Write("t.csv", Header + string.Concat(rows)), Write("p.json", """{"models":[{"match":"d*","lowVoltage":3},{"match":"e*","lowVoltage":3}]}"""), new(output, TimeSpan.FromHours(1)));
        var latest = output.ToString().Split('\n').Where(l => l.Contains("\"low\"", StringComparison.Ordinal)).GroupBy(l => l[13..15]).ToDictionary(g => g.Key, g => g.Last()[15..]);
        Assert.NotEqual(latest["e2"], latest["d2"]);

        static double Volts(int hour) => hour < 375 ? 3.6 - 0.1 * hour / 500 : 3.525 - 2.1 * (hour - 375) / 500;
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("deviceId,rssi\n", "no column timestamp_iso")]
    [InlineData("deviceId,timestamp_iso,batteryVoltage,batteryPercent,rssi,sequence\nd1,yesterday,,,,\n", ":2: timestamp_iso is not")]
    [InlineData("deviceId,timestamp_iso,batteryVoltage,batteryPercent,rssi,sequence\nd1,2026-01-01T00:00:00Z,high,,,\n", ":2: batteryVoltage is not a number")]
    [InlineData("deviceId,timestamp_iso,batteryVoltage,batteryPercent,rssi,sequence\nd1,2026-01-02T00:00:00Z,,,,\nd1,2026-01-01T00:00:00Z,,,,\n", ":3: rows are not in time order")]
    [InlineData("deviceId,timestamp_iso,batteryVoltage,batteryPercent,rssi,sequence\nd1,2026-01-02T00:00:00Z\n", ":2: 2 fields where the header has 6")]
    public void A_bad_recording_is_refused_with_the_line_and_the_reason(string text, string reason)
    {
        var path = Write("bad.csv", text);
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => Recording.Read(path).Count()).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private const string Header = "deviceId,timestamp_iso,batteryVoltage,batteryPercent,rssi,sequence\n";

    private AlertLog Replay(params string[] rows) => Backtest.Replay(Write("t.csv", Header + string.Concat(rows)), Write("p.json", Rules("PT1M")), null).Alerts;

    private static string Rules(string interval) => $$"""{"models":[{"match":"*","reportingInterval":"{{interval}}"}]}""";

    private static string Rows(int from, int to) => string.Concat(Enumerable.Range(from, to - from).Select(i => $"d1,{At(i):O},,,-70,{i}\n"));

    private static DateTimeOffset At(int minute) => WatchedDevice.Start.AddMinutes(minute);

    private string Write(string name, string text)
    {
        File.WriteAllText(Path.Combine(_folder, name), text);
        return Path.Combine(_folder, name);
    }
}
