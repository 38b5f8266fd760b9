using System.Runtime.CompilerServices;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.State;

namespace Core.Tests.State;

/// <summary>
/// Rows that were stored stay readable. <c>golden/device-record.N.txt</c> is a row in Base64 as the N-th form wrote it; whoever changes
/// a state adds the next, and never touches one that is there.
/// </summary>
public sealed class StoredFormTests
{
    private static readonly DateTimeOffset LastSeen = new(2026, 11, 3, 18, 30, 0, TimeSpan.Zero);

    public static TheoryData<int> Forms => [.. Directory.GetFiles(Golden(""), "device-record.*.txt").Select(f => int.Parse(f.Split('.')[^2], null)).Order()];

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_row_of_every_form_says_what_it_said(int form)
    {
        var record = DeviceRecord.FromBytes(Read(form));
        Assert.Equal((400, 81_200UL, LastSeen), (record.Readings, record.SequenceSum, record.LastSeen));
        Assert.True(record.Positions.HasSeen(2, 399) && !record.Positions.HasSeen(2, 400) && record.Appends.HasSeen(77, 400));
        Assert.Equal(LastSeen.AddMinutes(50), record.DueAt!.Value, TimeSpan.FromHours(1));
        var health = record.Detection.Health(new(), LastSeen);
        Assert.Equal((ConnectivityStatus.Online, "gw-7", "sensor", 7L), (health.Status, health.Gateway, health.Track, health.LostMessages));
        Assert.Equal(10, health.Interval!.Value.TotalMinutes, 0.5);
        Assert.Equal((-76, -93), (Math.Round(health.RssiBaseline!.Value), Math.Round(health.RssiCurrent!.Value)));
        Assert.Equal((70, 3.7), (Math.Round(health.Battery.Percent!.Value), Math.Round(health.Battery.Voltage!.Value, 1)));
        Assert.Equal(TimeSpan.Zero, health.ClockSkew);
    }

    [Fact]
    public void What_is_written_today_has_the_newest_form_byte_for_byte()
    {
        var newest = Forms.Last().Data;
        Assert.Equal(Read(newest), DeviceRecord.FromBytes(Read(newest)).ToBytes());
    }

    [Fact]
    public void A_row_of_the_fifth_form_says_what_runs_on_each_track_and_when_it_restarted()
    {
        var detection = DeviceRecord.FromBytes(Read(5)).Detection;
        Assert.Equal((RunningImages.Hash("sha256:b"), LastSeen), (detection.Images.Find("agent")!.Value.Digest, detection.Images.Find("agent")!.Value.Since));
        Assert.Equal(RunningImages.Hash(detection.Digest!), detection.Images.Find("sensor")!.Value.Digest);
        Assert.Equal((2u, 1), (detection.Resets.Count, detection.Resets.Since(LastSeen.AddHours(-1), LastSeen)));
    }

    [Fact]
    public void A_row_of_the_seventh_form_says_how_its_battery_fell()
    {
        double[] days = new double[56], levels = new double[56], widths = new double[56];
        Assert.Equal(10, DeviceRecord.FromBytes(Read(7)).Detection.Levels.Course(LastSeen.AddDays(-2), LastSeen, days, levels, widths));
        Assert.Equal((70, 69.1), (levels[0], Math.Round(levels[9], 1)));
    }

    [Fact]
    public void A_row_of_the_sixth_form_says_how_much_of_the_device_is_usually_heard()
    {
        var heard = DeviceRecord.FromBytes(Read(6)).Detection.Heard;
        Assert.True(heard.IsKnown);
        Assert.Equal((600, 1), (Math.Round(heard.GapSeconds), Math.Round(heard.AgainstUsual(600), 2)));
        Assert.InRange(heard.AgainstUsual(6600), 0.5, 0.75);
    }

    [Fact]
    public void A_row_of_the_ninth_form_says_since_when_it_reports_so_often_and_that_it_got_colder()
    {
        var (older, newer) = (DeviceRecord.FromBytes(Read(8)).Detection, DeviceRecord.FromBytes(Read(9)).Detection);
        Assert.Null(ReportingPace.Rise(in older.Battery));
        Assert.Equal((LastSeen.AddDays(-2).AddHours(-6.5), 600, 3600), ReportingPace.Rise(in newer.Battery));
        Assert.Equal((0, 9), (older.Day.Celsius.ColderBy, newer.Day.Celsius.ColderBy));
    }

    private static byte[] Read(int form) => Convert.FromBase64String(File.ReadAllText(Golden($"device-record.{form}.txt")).Trim());

    private static string Golden(string name, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "golden", name);
}
