using System.Diagnostics;

namespace Infra.Tests;

/// <summary>
/// The deploy script against an Azure CLI that writes down its calls and answers from files. What Azure itself does with them is
/// not shown here; what the script asks of it, and that it stops where it must, is.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DeployScriptTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("deploy-test-").FullName;

    public DeployScriptTests()
    {
        Script("az", """
            here=$(dirname "$0")
            echo "$*" >>"$here/calls"
            [ -n "${DEVICE_MASTER_KEY:-}" ] && echo "key $(wc -c <<<"$DEVICE_MASTER_KEY")" >>"$here/calls"
            case "$*" in
              "account show"*) echo 00000000-0000-0000-0000-000000000000 ;;
              "group exists"*) cat "$here/group" ;;
              "resource list"*Microsoft.KeyVault*) echo kv-iot-test ;;
              "resource list"*Microsoft.Web/sites*) echo func-iot-test ;;
              "rest --method put"*functionkeys/console*) echo "host gets $(cat)" >>"$here/calls" ;;
              "rest --method post"*configreferences*) ;;
              "rest "*) [ -f "$here/secrets" ] && cat "$here/secrets" || exit 1 ;;
              "consumption budget show"*) [ -f "$here/budget" ] && cat "$here/budget" || exit 3 ;;
              "deployment sub create"*) echo "from $BUDGET_FROM" >>"$here/calls"; echo "vault gets ${CONSOLE_KEY:-nothing} for ${SIGN_IN_CLIENT_ID:-nobody}" >>"$here/calls" ;;
            esac
            """);
        Write("group", "true");
    }

    [Fact]
    public async Task The_first_deployment_makes_a_master_key()
    {
        Write("group", "false");
        var (exitCode, output) = await DeployAsync("dev", "--yes", "--infra-only");
        Assert.DoesNotContain("provisioning failed", output, StringComparison.Ordinal);
        Assert.Contains("key 45", Calls);
        Assert.Contains(Calls, c => c.StartsWith("deployment sub create -n iot-dev -l westeurope -p infra/dev.bicepparam", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_later_deployment_leaves_the_master_key_alone()
    {
        Write("secrets", "device-master-key\nhub-device-key");
        await DeployAsync("dev", "--yes", "--infra-only");
        Assert.Contains(Calls, c => c.StartsWith("deployment sub create", StringComparison.Ordinal));
        Assert.DoesNotContain(Calls, c => c.StartsWith("key ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Vault_and_host_get_the_same_new_key_where_operators_sign_in_and_no_argument_shows_it()
    {
        Write("secrets", "device-master-key");
        var (exitCode, _) = await DeployAsync("dev", "--yes", "--infra-only", "--sign-in", "client-id");
        Assert.Equal(0, exitCode);
        var key = Assert.Single(Calls, c => c.StartsWith("vault gets ", StringComparison.Ordinal)).Split(' ')[2];
        Assert.Contains($$$"""host gets {"properties":{"name":"console","value":"{{{key}}}"}}""", Calls);
        Assert.Equal((64, 2), (key.Length, Calls.Count(c => c.Contains(key, StringComparison.Ordinal))));
        Assert.Contains("configreferences/appsettings/refresh", Calls[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_signs_in_where_it_was_not_asked_for()
    {
        Write("secrets", "device-master-key");
        await DeployAsync("dev", "--yes", "--infra-only");
        Assert.Contains("vault gets nothing for nobody", Calls);
        Assert.DoesNotContain(Calls, c => c.Contains("functionkeys/console", StringComparison.Ordinal));
    }

    /// <summary>A new key would lock out every device, so not knowing is not the same as not there.</summary>
    [Fact]
    public async Task Nothing_is_deployed_while_it_is_unknown_whether_there_is_a_master_key()
    {
        var (exitCode, output) = await DeployAsync("prod", "--yes", "--infra-only");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("could not see whether kv-iot-test has a device master key", output, StringComparison.Ordinal);
        Assert.DoesNotContain(Calls, c => c.StartsWith("deployment", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_if_changes_nothing()
    {
        Write("secrets", "device-master-key");
        var (exitCode, _) = await DeployAsync("prod", "--what-if");
        Assert.Equal(0, exitCode);
        Assert.Equal(["deployment sub what-if"], Calls.Where(c => c.StartsWith("deployment", StringComparison.Ordinal)).Select(c => string.Join(' ', c.Split(' ')[..3])));
    }

    [Fact]
    public async Task A_budget_keeps_the_month_it_began_in()
    {
        Write("secrets", "device-master-key");
        Write("budget", "2026-03-01T00:00:00Z");
        await DeployAsync("dev", "--yes", "--infra-only");
        Assert.Contains("from 2026-03-01", Calls);
    }

    [Fact]
    public async Task Nobody_to_ask_means_no()
    {
        var (exitCode, output) = await DeployAsync("dev");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("repeat with --yes", output, StringComparison.Ordinal);
        Assert.DoesNotContain(Calls, c => c.StartsWith("deployment", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("say which environment")]
    [InlineData("unknown argument --force", "dev", "--force")]
    [InlineData("2 to 12 lower-case letters", "dev", "--name", "Not OK")]
    public async Task A_wrong_call_says_what_is_wrong(string message, params string[] arguments)
    {
        var (exitCode, output) = await DeployAsync(arguments);
        Assert.NotEqual(0, exitCode);
        Assert.Contains(message, output, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string[] Calls => File.Exists(Path.Combine(_directory, "calls")) ? File.ReadAllLines(Path.Combine(_directory, "calls")) : [];

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_directory, name), text + "\n");

    private void Script(string name, string body)
    {
        Write(name, $"#!/usr/bin/env bash\n{body}");
        File.SetUnixFileMode(Path.Combine(_directory, name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private async Task<(int ExitCode, string Output)> DeployAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Repository.Path("scripts", "deploy"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        BicepCli.RemoveParameterVariables(start);
        start.Environment["PATH"] = $"{_directory}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}
