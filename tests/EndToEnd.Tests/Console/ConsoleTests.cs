using System.Diagnostics;
using System.Text.RegularExpressions;
using IoTBackend.Stack;

namespace EndToEnd.Tests.Console;

/// <summary>The console in a browser, against the running backend. What is done there stands in <c>clients/console/tests/scenarios.mjs</c>.</summary>
[Collection(StackCollection.Name)]
public sealed partial class ConsoleTests(TestStack stack, BrowserRun browser) : IClassFixture<BrowserRun>
{
    internal static string Folder { get; } = Path.Combine(StackLayout.OfThisBuild().Root, "clients", "console");

    public static TheoryData<string> Scenarios() =>
        [.. Scenario().Matches(File.ReadAllText(Path.Combine(Folder, "tests", "scenarios.mjs"))).Select(m => m.Groups[1].Value)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task In_the_browser(string scenario)
    {
        Assert.SkipUnless(BrowserRun.Chromium is not null, "Chromium is not installed (Debian, Ubuntu: apt-get install chromium).");
        var results = await browser.ResultsAsync(stack);
        Assert.True(results.TryGetValue(scenario, out var result), $"It did not come to it. {browser.Errors}");
        Assert.True(result.Ok, result.Error);
    }

    [Fact]
    public async Task The_code_is_of_the_types_that_the_APIs_description_has()
    {
        Assert.True(Directory.Exists(Path.Combine(Folder, "node_modules", "typescript")), $"Run 'npm ci' in {Folder}, or scripts/test.");
        using var check = Process.Start(new ProcessStartInfo("npm", ["run", "--silent", "check"]) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = check.StandardError.ReadToEndAsync();
        var said = await check.StandardOutput.ReadToEndAsync();
        await check.WaitForExitAsync();
        Assert.True(check.ExitCode == 0, said + await errors);
    }

    [Fact]
    public void All_of_it_together_is_at_most_120_kilobytes_on_the_wire() =>
        Assert.InRange(Directory.EnumerateFiles(Path.Combine(Folder, "dist"), "*.br", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length), 20_000, 120_000);

    [GeneratedRegex(@"^  async (\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Scenario();
}
