using System.Runtime.CompilerServices;
using Local.Tests.ContainerRegistry;

namespace Agent.Tests.Configuration;

/// <summary>The unit as systemd itself reads and rates it (systemd-analyze(1)).</summary>
public sealed class ServiceFileTests : IDisposable
{
    private const string Analyze = "/usr/bin/systemd-analyze";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("unit");

    [Fact]
    public async Task Systemd_has_nothing_to_say_against_the_unit_and_rates_its_exposure_below_two()
    {
        Assert.SkipUnless(File.Exists(Analyze), "systemd-analyze is not installed (apt-get install systemd)");
        var unit = Path.Combine(_folder.FullName, "iot-agent.service");
        // Where it is verified the agent is not installed.
        await File.WriteAllTextAsync(unit, File.ReadAllText(Unit()).Replace("/usr/local/bin/iot-agent", "/bin/true", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Equal("", await RegistryProcess.RunAsync("/bin/sh", "-c", $"{Analyze} verify {unit} 2>&1"));
        Assert.Contains("Overall exposure level", await RegistryProcess.RunAsync(Analyze, "security", "--offline=true", "--threshold=20", "--no-pager", unit), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Unit([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(here, "../../../../clients/Agent/iot-agent.service"));
}
