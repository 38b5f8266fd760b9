using System.Text.RegularExpressions;

namespace Infra.Tests;

public sealed partial class ThreatModelTests
{
    /// <summary>A claim is worth its test, so a renamed or removed test must not go on being named.</summary>
    [Fact]
    public void Every_test_named_in_the_threat_model_exists()
    {
        var methods = Directory.EnumerateFiles(Repository.Path("tests"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(f => Method().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value));
        var scenarios = Directory.EnumerateFiles(Repository.Path("clients", "console", "tests", "scenarios"), "*.mjs")
            .SelectMany(f => Scenario().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value));
        var tests = methods.Concat(scenarios).ToHashSet(StringComparer.Ordinal);
        var named = Name().Matches(Repository.Read("docs", "reference", "threat-model.md")).Select(m => m.Groups[1].Value).ToList();
        Assert.NotEmpty(named);
        Assert.Empty(named.Except(tests));
    }

    [GeneratedRegex("public (?:async )?(?:Task|void|ValueTask) (\\w+)\\(")]
    private static partial Regex Method();

    /// <summary>What the console is tried with in a browser; each is a row of ConsoleTests.</summary>
    [GeneratedRegex("^  (?:async )?(\\w+)[(:]", RegexOptions.Multiline)]
    private static partial Regex Scenario();

    /// <summary>Sentences: a capital, then at least two more words.</summary>
    [GeneratedRegex("`([A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+){2,})`")]
    private static partial Regex Name();
}
