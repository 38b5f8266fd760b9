using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace EndToEnd.Tests;

/// <summary>An example of the documentation, typed as it stands there.</summary>
internal static partial class GuideExample
{
    private const int LooksAtMost = 90;

    /// <summary>The indented lines below a heading.</summary>
    /// <param name="file">Below <c>docs</c>.</param>
    /// <param name="heading">Its words.</param>
    public static string Read(string file, string heading)
    {
        var guide = File.ReadAllText(Path.Combine(Root(), "docs", file));
        var section = guide[guide.IndexOf($"\n## {heading}\n", StringComparison.Ordinal)..];
        var end = section.IndexOf("\n## ", 1, StringComparison.Ordinal);
        var lines = (end < 0 ? section : section[..end]).Split('\n').Where(line => line.StartsWith("    ", StringComparison.Ordinal));
        return string.Join('\n', lines.Select(line => line[4..]));
    }

    /// <summary>Puts the stack's own addresses and folders in the place of those of <c>scripts/run</c>.</summary>
    public static string For(TestStack stack, string typed)
    {
        var host = stack.Stack.Programs.RegistryHost;
        return typed
            .Replace(".local/", $"{stack.Layout.State}/", StringComparison.Ordinal)
            .Replace("http://127.0.0.1:7071", stack.Stack.Programs.Api.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
            .Replace("127.0.0.1:5000", host, StringComparison.Ordinal)
            .Replace("scripts/push-image", $"scripts/push-image --registry {host}", StringComparison.Ordinal);
    }

    /// <summary>Fails the test with all that was said where a command does, or where what is to be seen never is.</summary>
    public static async Task TypeAsync(TestStack stack, string typed)
    {
        var start = new ProcessStartInfo("bash", ["-c", Patiently(typed)]) { WorkingDirectory = Root(), RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["said"] = Path.Combine(stack.Layout.State, "said");
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await output + await errors);
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

    private static string Root([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(here, "../../.."));

    /// <summary>A command ends with its line, except within quotes.</summary>
    [GeneratedRegex(@"^(?<line>(?:[^'\n#]|'[^']*')+?) *(?:# (?<seen>[^\n]*))?$", RegexOptions.Multiline)]
    private static partial Regex Commands();
}
