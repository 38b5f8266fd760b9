using System.Text.Json;
using Local.Tests;

namespace EventHubEmulator.Tests;

/// <summary>Runs node/conformance.mjs once: Microsoft's npm clients, unmodified, against a hub per case.</summary>
public sealed class NpmConformance : IAsyncLifetime
{
    private readonly Azurite _azurite = new();

    public Dictionary<string, string?> Results { get; } = [];
    public string Errors { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var folder = await Tool.NodeFolderAsync();
        await _azurite.InitializeAsync();
        var hubs = Enumerable.Range(0, 40).Select(i => $$"""{"Name":"hub-{{i}}","PartitionCount":4,"ConsumerGroups":[{"Name":"cg1"}]}""");
        const string ruled = """{"Name":"ruled","PartitionCount":4,"AuthorizationRules":[{"Name":"sender","PrimaryKey":"sender-key","Rights":["Send"]},{"Name":"listener","PrimaryKey":"listener-key","Rights":["Listen"]}]}""";
        await using var hub = await TestHub.StartAsync($$$"""{"UserConfig":{"NamespaceConfig":[{"Entities":[{{{string.Join(',', hubs)}}},{{{ruled}}}]}]}}""");
        var (_, output, error) = await Tool.RunAsync("node", folder, TimeSpan.FromMinutes(3), "conformance.mjs", $"{hub.Port}", _azurite.ConnectionString);
        Errors = error;
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var result = JsonDocument.Parse(line);
            Results.Add(result.RootElement.GetProperty("name").GetString()!, result.RootElement.TryGetProperty("error", out var why) ? why.GetString() : null);
        }
    }

    public ValueTask DisposeAsync() => _azurite.DisposeAsync();
}

public sealed class NpmClientsTests(NpmConformance conformance) : IClassFixture<NpmConformance>
{
    public static TheoryData<string> Cases { get; } =
    [
        .. File.ReadLines(Path.Combine(Tool.Folder, "node", "conformance.mjs"))
            .Where(line => line.StartsWith("  \"", StringComparison.Ordinal))
            .Select(line => line.Split('"')[1]),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_npm_clients_find_that(string name)
    {
        Assert.True(conformance.Results.TryGetValue(name, out var error), $"the case did not run: {conformance.Errors}");
        Assert.Null(error);
    }

    [Fact]
    public void No_case_is_missing() => Assert.Equal(Cases.Count, conformance.Results.Count);
}
