using System.Text.Json;
using IoTBackend.Cli.Commands;
using IoTBackend.Cli.Output;

namespace Cli.Tests.Output;

public sealed class ScreenTests : IDisposable
{
    private readonly Iot _iot = new();

    [Theory]
    [InlineData(true, "", true)]
    [InlineData(true, "1", false)]
    [InlineData(false, "", false)]
    public void Colour_is_for_terminals_that_want_it(bool isTerminal, string noColor, bool isColoured)
    {
        _iot.Environment["NO_COLOR"] = noColor;
        Assert.Equal(isColoured, Draw(isTerminal).Contains("\u001b[", StringComparison.Ordinal));
    }

    [Fact]
    public void A_dumb_terminal_gets_plain_text()
    {
        _iot.Environment["TERM"] = "dumb";
        Assert.DoesNotContain('\u001b', Draw(isTerminal: true));
    }

    [Fact]
    public void No_text_of_a_device_or_a_person_reaches_the_terminals_controls()
    {
        var hostile = Documents.Alerts.Alerts[0] with { Summary = "\u001b]0;owned\u0007 \u001b[2J\r\n\u202egnp.exe \u009b31m", Assignee = "a\tb" };
        var output = new StringWriter();
        new Screen(_iot.Around(output), json: false).List([hostile], AlertTables.List(Iot.Now), "");
        Assert.DoesNotContain(output.ToString(), c => char.IsControl(c) && c != '\n' || c == '\u202e');
        Assert.Equal(2, output.ToString().TrimEnd().Split('\n').Length);
    }

    [Fact]
    public void Json_is_the_answer_with_what_this_version_does_not_know()
    {
        var output = new StringWriter();
        new Screen(_iot.Around(output), json: true).List(Documents.Devices.Devices, DeviceTables.List(Iot.Now), "");
        var devices = JsonDocument.Parse(output.ToString()).RootElement;
        Assert.Equal(3, devices.GetArrayLength());
        Assert.Equal("blue", devices[0].GetProperty("colour").GetString());
        Assert.False(devices[0].TryGetProperty("primaryKey", out _));
    }

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(99, "99 s")]
    [InlineData(100, "1 min")]
    [InlineData(5_999, "99 min")]
    [InlineData(6_000, "1 h")]
    [InlineData(172_800, "2 d")]
    public void Times_are_said_in_a_unit_that_fits(int seconds, string said) => Assert.Equal(said, Words.Span(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(7_199, "in 2 h")]
    [InlineData(5_976, "in 2 h")]
    [InlineData(5_400, "in 90 min")]
    [InlineData(9, "in 9 s")]
    [InlineData(-7_199, "1 h ago")]
    public void What_is_to_come_is_said_to_the_nearest(int seconds, string said) =>
        Assert.EndsWith($"({said})", Words.Time(Iot.Now.AddSeconds(seconds), Iot.Now), StringComparison.Ordinal);

    public void Dispose() => _iot.Dispose();

    private string Draw(bool isTerminal)
    {
        var output = new StringWriter();
        new Screen(_iot.Around(output) with { IsTerminal = isTerminal }, json: false).List(Documents.Devices.Devices, DeviceTables.List(Iot.Now), "");
        return output.ToString();
    }
}
