using System.Diagnostics;
using System.Text.RegularExpressions;
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

    [Fact]
    public async Task What_was_asked_before_the_input_ended_is_answered()
    {
        using var release = new ManualResetEventSlim();
        using var backend = new StubBackend(_ =>
        {
            release.Wait(TimeSpan.FromMinutes(1));
            return """{"channels":[],"hasRoutes":false}""";
        });
        using var iot = Process.Start(new ProcessStartInfo("dotnet", [Program, "mcp", "--url", backend.Url])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["IOT_OPERATOR_KEY"] = Iot.Key },
        })!;
        iot.StandardInput.Write("""
            {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}
            {"jsonrpc":"2.0","method":"notifications/initialized"}
            {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"list_channels","arguments":{}}}

            """);
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (backend.Calls.Count == 0)
            await Task.Delay(20, late.Token);
        iot.StandardInput.Close();
        // The program has read the end by then.
        await Task.Delay(500);
        release.Set();
        Assert.Contains("""{"channels":[],"hasRoutes":false}""", Regex.Unescape(await iot.StandardOutput.ReadToEndAsync(late.Token)), StringComparison.Ordinal);
        await iot.WaitForExitAsync(late.Token);
        Assert.Equal(0, iot.ExitCode);
    }

    private static string Program => Repository.Path("artifacts", "bin", "Cli", new DirectoryInfo(AppContext.BaseDirectory).Name, "iot.dll");

    private static Task<McpClient> StartAsync(params string[] options) => McpClient.CreateAsync(new StdioClientTransport(new()
    {
        Command = "dotnet",
        Arguments = [Program, "mcp", .. options],
        EnvironmentVariables = new Dictionary<string, string?> { ["IOT_URL"] = Iot.Nowhere, ["IOT_OPERATOR_KEY"] = Iot.Key },
    }), new() { InitializationTimeout = TimeSpan.FromMinutes(2) });
}
