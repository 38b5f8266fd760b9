using System.Diagnostics;

namespace EndToEnd.Tests.Console;

/// <summary>What operators do, done in Chromium: each scenario of <c>clients/console/tests/scenarios</c> is a test.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class ConsoleTests(ConsoleRun run)
{
    public static TheoryData<string> Scenarios()
    {
        using var node = Process.Start(new ProcessStartInfo("node", ["scenarios.mjs"]) { WorkingDirectory = ConsoleRun.Folder, RedirectStandardOutput = true })!;
        return [.. node.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task In_the_browser(string scenario)
    {
        Assert.SkipUnless(run.IsInstalled, "chromium, docker-registry or skopeo is not installed (apt-get install chromium docker-registry skopeo)");
        var (ok, error) = await run.ResultOfAsync(scenario);
        Assert.True(ok, $"{scenario}: {error}");
    }
}
