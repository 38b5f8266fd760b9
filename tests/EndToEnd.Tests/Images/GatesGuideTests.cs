using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace EndToEnd.Tests.Images;

/// <summary>The example of docs/gates.md, typed as it stands there.</summary>
[Collection(StackCollection.Name)]
public sealed partial class GatesGuideTests(TestStack stack)
{
    private const int LooksAtMost = 90;

    [Fact]
    public async Task The_example_of_the_guide_does_what_it_says()
    {
        Assert.SkipUnless(stack.Stack.HasRegistry && File.Exists("/usr/bin/skopeo"), "docker-registry and skopeo are not installed (apt-get install docker-registry skopeo)");
        var host = stack.Stack.Programs.RegistryHost;
        await stack.OperateAsync(HttpMethod.Put, $"registries/{host}", new { kind = "distribution", endpoint = $"http://{host}", webhookKey = stack.Stack.Secrets.RegistryWebhookKey });
        var typed = Example()
            .Replace(".local/", $"{stack.Layout.State}/", StringComparison.Ordinal)
            .Replace("http://127.0.0.1:7071", stack.Stack.Programs.Api.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
            .Replace("127.0.0.1:5000", host, StringComparison.Ordinal)
            .Replace("scripts/push-image", $"scripts/push-image --registry {host}", StringComparison.Ordinal)
            // The stack is shared: its other devices are not to get it.
            .Replace("""["*"]""", """["of-the-guide"]""", StringComparison.Ordinal);
        var (exitCode, said) = await RunAsync(Patiently(typed));
        Assert.True(exitCode == 0, said);
    }

    private static string Example()
    {
        var guide = File.ReadAllText(Path.Combine(Root(), "docs", "gates.md"));
        var lines = guide[guide.IndexOf("## An example to type", StringComparison.Ordinal)..].Split('\n').Where(line => line.StartsWith("    ", StringComparison.Ordinal));
        return string.Join('\n', lines.Select(line => line[4..]));
    }

    /// <summary>Where a line says behind # what is seen, it is typed again until that is so, as somebody does who waits for it.</summary>
    private static string Patiently(string typed)
    {
        var script = new StringBuilder();
        foreach (Match command in Commands().Matches(typed))
        {
            var (line, seen) = (command.Groups["line"].Value, command.Groups["seen"].Value.Replace("'", "'\\''", StringComparison.Ordinal));
            script.Append(seen.Length == 0 ? $"{line}\n" : $$"""
                for ((i = 0; ; i++)); do
                {{line}} >"$said"
                grep -qF -- '{{seen}}' "$said" && break
                [ $i -lt {{LooksAtMost}} ] || { echo 'never seen: {{seen}}'; cat "$said"; exit 1; }
                sleep 1
                done

                """);
        }

        return script.ToString();
    }

    private async Task<(int ExitCode, string Said)> RunAsync(string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { WorkingDirectory = Root(), RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["said"] = Path.Combine(stack.Layout.State, "said");
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }

    private static string Root([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(here, "../../../.."));

    /// <summary>A command ends with its line, except within quotes.</summary>
    [GeneratedRegex(@"^(?<line>(?:[^'\n#]|'[^']*')+?) *(?:# (?<seen>[^\n]*))?$", RegexOptions.Multiline)]
    private static partial Regex Commands();
}
