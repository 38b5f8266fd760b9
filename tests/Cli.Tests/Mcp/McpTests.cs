using ModelContextProtocol.Client;

namespace Cli.Tests.Mcp;

/// <summary>The real program, spoken to by the protocol's own client.</summary>
public sealed class McpTests
{
    [Fact]
    public async Task An_assistant_is_offered_nothing_that_changes_anything()
    {
        await using var client = await StartAsync();
        var tools = await client.ListToolsAsync();
        Assert.Contains(tools, tool => tool.Name == "list_alerts");
        Assert.All(tools, tool => Assert.True(tool.ProtocolTool.Annotations?.ReadOnlyHint, tool.Name));
        await Assert.ThrowsAnyAsync<Exception>(async () => await client.CallToolAsync("disable_device", new Dictionary<string, object?> { ["device"] = "pump-01" }));
    }

    [Fact]
    public async Task Changes_are_offered_where_they_were_allowed_and_none_shows_a_key()
    {
        await using var client = await StartAsync("--allow-changes");
        var tools = (await client.ListToolsAsync()).Select(tool => tool.Name).ToList();
        Assert.Superset(new HashSet<string> { "acknowledge_alert", "pin_device", "unpin_device" }, tools.ToHashSet());
        Assert.DoesNotContain(tools, tool => tool.Contains("register", StringComparison.Ordinal) || tool.Contains("rotate", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_went_wrong_is_said_in_the_answer()
    {
        await using var client = await StartAsync();
        var answer = await client.CallToolAsync("fleet_summary");
        Assert.True(answer.IsError);
        Assert.Contains("nothing answers at", ((ModelContextProtocol.Protocol.TextContentBlock)answer.Content[0]).Text, StringComparison.Ordinal);
    }

    private static Task<McpClient> StartAsync(params string[] options) => McpClient.CreateAsync(new StdioClientTransport(new()
    {
        Command = "dotnet",
        Arguments = [Repository.Path("artifacts", "bin", "Cli", new DirectoryInfo(AppContext.BaseDirectory).Name, "iot.dll"), "mcp", .. options],
        EnvironmentVariables = new Dictionary<string, string?> { ["IOT_URL"] = Iot.Nowhere, ["IOT_OPERATOR_KEY"] = Iot.Key },
    }), new() { InitializationTimeout = TimeSpan.FromMinutes(2) });
}
