using System.Text.Json.Nodes;
using IoTBackend.Cli;
using IoTBackend.Cli.Commands;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace EndToEnd.Tests.Operators;

/// <summary>The operator's command line against the running backend.</summary>
[Collection(StackCollection.Name)]
public sealed class CliTests(TestStack stack)
{
    [Fact]
    public async Task A_device_is_registered_shut_out_and_let_in_again()
    {
        var id = $"cli-{Guid.NewGuid():n}"[..12];
        var registered = await DoneAsync("devices", "register", id, "--model", "cell", "--group", "site-cli", "--label", "floor=2", "--json");
        Assert.Equal(("site-cli", "2"), ((string?)registered["groups"]![0], (string?)registered["labels"]!["floor"]));
        Assert.NotNull(registered["primaryKey"]);
        await DoneAsync("devices", "disable", id, "--json");
        Assert.Equal("disabled", (string?)(await DoneAsync("devices", "list", $"id:{id}", "--json"))[0]!["status"]);
        await DoneAsync("devices", "enable", id, "--json");
        Assert.Null((await DoneAsync("devices", "show", id, "--json"))["primaryKey"]);
        Assert.Equal(4, (await RunAsync("devices", "show", id + "-not")).ExitCode);
    }

    [Fact]
    public async Task A_device_is_pinned_listed_and_let_go()
    {
        var (name, host) = ($"cli-{Guid.NewGuid():n}"[..12], stack.Stack.Programs.RegistryHost);
        await stack.OperateAsync(HttpMethod.Put, $"registries/{host}", new { kind = "distribution", endpoint = $"http://{host}", webhookKey = stack.Stack.Secrets.RegistryWebhookKey });
        await stack.OperateAsync(HttpMethod.Put, $"tracks/{name}", new { registry = host, repository = name, targets = new { groups = new[] { name } }, rollout = new { waves = new[] { 100 } } });
        await DoneAsync("devices", "pin", "pump-07", "--track", name, "--why", "Demo", "--json");
        var held = Assert.Single((await DoneAsync("devices", "pinned", "--track", name, "--json")).AsArray())!;
        Assert.Equal(("pump-07", name, "tester", "Demo"), ((string?)held["device"], (string?)held["track"], (string?)held["by"], (string?)held["why"]));
        Assert.Contains("whatever comes", (await RunAsync("devices", "pinned")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("devices", "unpin", "pump-07", "--track", name)).ExitCode);
        Assert.Equal(4, (await RunAsync("devices", "unpin", "pump-07", "--track", name)).ExitCode);
        Assert.Equal(4, (await RunAsync("devices", "exclude", "pump-07", "--release", $"{name}-{new string('0', 32)}")).ExitCode);
    }

    [Fact]
    public async Task An_alert_is_seen_assigned_and_remarked_upon()
    {
        var device = await stack.RegisterAsync("tended");
        await stack.SendAsync(device, [.. Enumerable.Range(0, 21).Select(i => new { battery = new { percent = i < 9 ? 60 : 15 } })]);
        var id = (string)(await stack.UntilAsync(() => stack.AlertsAsync(device.DeviceId, "battery.low"), alerts => alerts.Count == 1))[0]["id"]!;
        await DoneAsync("alerts", "ack", id, "--by", "anna", "--json");
        await DoneAsync("alerts", "assign", id, "ben", "--json");
        await DoneAsync("alerts", "comment", id, "Battery ordered", "--json");
        var alert = await DoneAsync("alerts", "show", id, "--json");
        Assert.Equal("ben", (string?)alert["assignee"]);
        Assert.Contains("Battery ordered", alert["history"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_quiet_is_seen_and_ended()
    {
        var name = $"cli-{Guid.NewGuid():n}"[..12];
        await DoneAsync("alerts", "mute", name, "--device", "nobody", "--for", "2h", "--reason", "test", "--json");
        Assert.Contains(name, (await RunAsync("mutes")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("mutes", "remove", name)).ExitCode);
        Assert.Equal(4, (await RunAsync("mutes", "remove", name)).ExitCode);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("devices", "--top", "5")]
    [InlineData("alerts", "--state", "open")]
    [InlineData("releases")]
    [InlineData("channels")]
    [InlineData("mutes")]
    [InlineData("routes", "preview", "device.offline", "--severity", "critical")]
    [InlineData("exposure", "--package", "openssl")]
    public async Task Every_look_works_as_a_table_and_as_JSON(params string[] arguments)
    {
        Assert.Equal(0, (await RunAsync(arguments)).ExitCode);
        await DoneAsync([.. arguments, "--json"]);
    }

    [Fact]
    public async Task The_smoke_test_passes_and_leaves_nothing_behind()
    {
        var (exitCode, said) = await IotProgram.RunAsync(stack, "smoke-test", "--timeout", "120");
        Assert.True(exitCode == 0, said);
        Assert.EndsWith("passed", said.Trim(), StringComparison.Ordinal);
        Assert.Empty((await DoneAsync("devices", "list", "id:smoke-", "--json")).AsArray());
    }

    [Fact]
    public async Task A_wrong_key_is_named_by_where_it_came_from_and_not_shown()
    {
        var (exitCode, _, error) = await RunWithAsync("wrong-key-of-somebody", "status");
        Assert.Equal(1, exitCode);
        Assert.Contains("does not take the operator key (IOT_OPERATOR_KEY)", error, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-key", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_assistant_sees_the_fleet_and_does_what_it_was_allowed()
    {
        var device = await stack.RegisterAsync("assisted");
        await using var client = await McpClient.CreateAsync(new StdioClientTransport(new()
        {
            Command = "dotnet",
            Arguments = [IotProgram.Assembly(stack), "mcp", "--allow-changes", "--by", "anna"],
            EnvironmentVariables = IotProgram.Environment(stack),
        }), new() { InitializationTimeout = TimeSpan.FromMinutes(3) });

        var fleet = await client.CallToolAsync("list_devices", new Dictionary<string, object?> { ["filter"] = $"id:{device.DeviceId}" });
        Assert.Contains(device.DeviceId, Text(fleet), StringComparison.Ordinal);
        var disabled = await client.CallToolAsync("disable_device", new Dictionary<string, object?> { ["device"] = device.DeviceId });
        Assert.Contains("\"enabled\":false", Text(disabled), StringComparison.Ordinal);
        Assert.DoesNotContain(stack.Stack.Secrets.OperatorKey, Text(fleet) + Text(disabled), StringComparison.Ordinal);
    }

    private static string Text(CallToolResult answer) => ((TextContentBlock)answer.Content[0]).Text;

    private async Task<JsonNode> DoneAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await RunAsync(arguments);
        Assert.True(exitCode == 0, $"iot {string.Join(' ', arguments)}: {exitCode} {error}");
        return JsonNode.Parse(output)!;
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => RunWithAsync(stack.Stack.Secrets.OperatorKey, arguments);

    private async Task<(int ExitCode, string Output, string Error)> RunWithAsync(string key, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var around = new Surroundings
        {
            In = TextReader.Null,
            Out = output,
            Error = error,
            Environment = new Dictionary<string, string> { ["IOT_URL"] = stack.Stack.Programs.Api.GetLeftPart(UriPartial.Authority), ["IOT_OPERATOR_KEY"] = key },
            LocalState = stack.Layout.State,
            Time = TimeProvider.System,
            Account = "tester",
        };
        var exitCode = await IotCommand.RunAsync(arguments, around, CancellationToken.None);
        Assert.DoesNotContain(key, output.ToString() + error, StringComparison.Ordinal);
        return (exitCode, output.ToString(), error.ToString());
    }
}
