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

    [GeneratedRegex(@"^  async (\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Scenario();
}
