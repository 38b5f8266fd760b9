using System.Text;
using System.Text.Json;

namespace Infra.Tests;

public sealed class LintTests
{
    /// <summary>The exit code is 0 with warnings, and an unknown property name is only a warning, so nothing less than no result will do.</summary>
    [Fact]
    public async Task The_linter_reads_every_file_and_has_nothing_to_say()
    {
        var (_, output, errors) = await BicepCli.RunAsync("lint", "--pattern", "./**/*.bicep", "--diagnostics-format", "sarif");
        var documents = Documents(output);
        Assert.Equal(Directory.EnumerateFiles(Repository.Path("infra"), "*.bicep", SearchOption.AllDirectories).Count(), documents.Count);
        Assert.Empty(documents.SelectMany(d => d.GetProperty("runs").EnumerateArray())
            .SelectMany(run => run.GetProperty("results").EnumerateArray())
            .Select(result => result.GetRawText()));
        Assert.Equal("", errors.Trim());
    }

    /// <summary>The compiler takes a misspelt rule for an unknown one and says nothing.</summary>
    [Fact]
    public void Every_rule_in_the_configuration_has_a_level_the_linter_knows()
    {
        var rules = JsonDocument.Parse(Repository.Read("infra", "bicepconfig.json")).RootElement
            .GetProperty("analyzers").GetProperty("core").GetProperty("rules").EnumerateObject().ToList();
        Assert.All(rules, r => Assert.Contains(r.Value.GetProperty("level").GetString(), new[] { "off", "error" }));
        Assert.Equal(["use-recent-api-versions"], rules.Where(r => r.Value.GetProperty("level").GetString() == "off").Select(r => r.Name));
    }

    /// <summary>A review shows the resources that a change makes. <c>UPDATE_SNAPSHOTS=1</c> writes them anew.</summary>
    [Theory]
    [InlineData("small")]
    [InlineData("dev")]
    [InlineData("prod")]
    public async Task The_committed_snapshot_is_what_the_templates_make(string profile)
    {
        var mode = Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1" ? "overwrite" : "validate";
        var (exitCode, output, errors) = await BicepCli.RunAsync(
            "snapshot", $"{profile}.bicepparam", "--mode", mode,
            "--subscription-id", "00000000-0000-0000-0000-000000000000", "--location", "westeurope", "--deployment-name", "iot");
        Assert.True(exitCode == 0, $"{output}{errors}If this is meant: UPDATE_SNAPSHOTS=1 dotnet test --project tests/Infra.Tests");
    }

    /// <summary>With a pattern the compiler writes one document per file, one after the other.</summary>
    private static List<JsonElement> Documents(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(bytes, new() { AllowMultipleValues = true });
        var documents = new List<JsonElement>();
        while (reader.Read())
            documents.Add(JsonElement.ParseValue(ref reader));
        return documents;
    }
}
