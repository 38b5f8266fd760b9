using IoTBackend.Cli;
using IoTBackend.Cli.Commands;
using IoTBackend.Cli.Output;

namespace Cli.Tests.Output;

/// <summary>What a person sees, at the widths terminals have. Look at the files in golden/ as you would at a screen.</summary>
public sealed class GoldenTests : IDisposable
{
    private readonly Iot _iot = new();

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    [InlineData(Surroundings.Unlimited)]
    public void Devices(int width) => Look("devices", width, screen => screen.List(Documents.Devices.Devices, DeviceTables.List(screen.Now), ""));

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void Device(int width) => Look("device", width, screen => DeviceTables.Show(screen, Documents.Devices.Devices[0]));

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    [InlineData(Surroundings.Unlimited)]
    public void Alerts(int width) => Look("alerts", width, screen => screen.List(Documents.Alerts.Alerts, AlertTables.List(screen.Now), ""));

    [Theory]
    [InlineData(80)]
    public void Alert(int width) => Look("alert", width, screen => AlertTables.Show(screen, Documents.Ended));

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void Releases(int width) => Look("releases", width, screen => screen.List(Documents.Releases.Releases, ReleaseTables.List(screen.Now), ""));

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void Release(int width) => Look("release", width, screen => ReleaseTables.Show(screen, Documents.Releases.Releases[0]));

    [Theory]
    [InlineData(80)]
    public void DryRun(int width) => Look("dry-run", width, screen => ReleaseTables.DryRun(screen, Documents.DryRun));

    public void Dispose() => _iot.Dispose();

    private void Look(string name, int width, Action<Screen> draw)
    {
        var output = new StringWriter();
        draw(new Screen(_iot.Around(output) with { Width = width }, json: false));
        // What is shown in full is never cut; lists are lists at every width.
        if (name.EndsWith('s'))
            Assert.All(output.ToString().Split('\n'), line => Assert.True(line.Length <= width, line));
        Repository.AssertSnapshot(output.ToString(), ["tests", "Cli.Tests", "golden", $"{name}-{(width == Surroundings.Unlimited ? "piped" : width)}.txt"], "The table changed.");
    }
}
