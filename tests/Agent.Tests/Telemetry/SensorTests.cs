using IoTBackend.Agent.Telemetry;

namespace Agent.Tests.Telemetry;

public sealed class SensorTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");

    [Fact]
    public async Task The_battery_is_read_as_the_kernel_tells_it_and_a_mouse_is_none()
    {
        Supply("AC", ("type", "Mains"));
        Supply("BAT-mouse", ("type", "Battery"), ("scope", "Device"), ("capacity", "3"));
        Supply("BAT0", ("type", "Battery"), ("capacity", "81"), ("voltage_now", "3920000"), ("status", "Discharging"));
        Assert.Equal(new(81, 3.92, false), await new Battery([], _folder.FullName).ReadAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("""{"percent":81.5,"voltage":3.9,"charging":true}""", 81.5, 3.9)]
    [InlineData("""{"percent":-1,"voltage":3.9}""", null, 3.9)]
    public async Task A_command_may_know_better(string output, double? percent, double? voltage)
    {
        var reading = await new Battery(["/bin/echo", output]).ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal((percent, voltage), (reading?.Percent, reading?.Voltage));
    }

    [Theory]
    [InlineData("/bin/echo", "rubbish")]
    [InlineData("/bin/false", "")]
    [InlineData("/no/such/program", "")]
    public async Task A_command_that_fails_costs_the_field_and_nothing_else(string program, string argument) =>
        Assert.Null(await new Battery([program, argument]).ReadAsync(TestContext.Current.CancellationToken));

    [Fact]
    public async Task The_radio_is_read_from_the_kernels_table()
    {
        var file = Path.Combine(_folder.FullName, "wireless");
        await File.WriteAllTextAsync(file, """
            Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
             face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
             wlan0: 0000   54.  -56.  -95.        0      0      0      0      0        0
            """, TestContext.Current.CancellationToken);
        Assert.Equal(new(-56, 39, null), await new Link([], file).ReadAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_reading_is_one_line_and_leaves_out_what_is_not_known()
    {
        var line = ReadingWriter.Write(null, 7, TimeSpan.FromSeconds(59.2), null, new(-56, null, null), new("sensor", "sha256:ab"));
        Assert.Equal("""{"seq":7,"link":{"rssi":-56},"image":{"track":"sensor","digest":"sha256:ab"},"next":60}""" + "\n", System.Text.Encoding.UTF8.GetString(line));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Supply(string name, params (string Name, string Value)[] values)
    {
        var folder = _folder.CreateSubdirectory(name);
        foreach (var (file, value) in values)
            File.WriteAllText(Path.Combine(folder.FullName, file), value + "\n");
    }
}
