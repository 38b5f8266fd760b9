using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EndToEnd.Tests.Console;

/// <param name="Name">Of the scenario.</param>
/// <param name="Error">What was wrong, and what the page said then.</param>
/// <param name="Milliseconds">How long it took.</param>
public sealed record ScenarioResult(string Name, bool Ok, string? Error, int Milliseconds);

/// <summary>All scenarios in one browser, once; each test looks at its own.</summary>
public sealed class BrowserRun
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly StringBuilder _errors = new();
    private readonly Lock _lock = new();
    private Task<IReadOnlyDictionary<string, ScenarioResult>>? _run;

    /// <summary>Null = it is not installed.</summary>
    public static string? Chromium { get; } = new[] { "/usr/bin/chromium", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    /// <summary>What the run said that was no result.</summary>
    public string Errors => _errors.ToString();

    public Task<IReadOnlyDictionary<string, ScenarioResult>> ResultsAsync(TestStack stack)
    {
        lock (_lock)
            return _run ??= RunAsync(stack);
    }

    private async Task<IReadOnlyDictionary<string, ScenarioResult>> RunAsync(TestStack stack)
    {
        using var node = Process.Start(new ProcessStartInfo("node", ["browser.mjs"])
        {
            WorkingDirectory = Path.Combine(ConsoleTests.Folder, "tests"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["CHROMIUM"] = Chromium },
        })!;
        await node.StandardInput.WriteAsync(JsonSerializer.Serialize(new { url = stack.Stack.Programs.Api.GetLeftPart(UriPartial.Authority), key = stack.Stack.Secrets.OperatorKey }));
        node.StandardInput.Close();
        node.ErrorDataReceived += (_, line) => _errors.AppendLine(line.Data);
        node.BeginErrorReadLine();
        var results = new Dictionary<string, ScenarioResult>();
        while (await node.StandardOutput.ReadLineAsync() is { } line)
        {
            var result = JsonSerializer.Deserialize<ScenarioResult>(line, Options)!;
            results[result.Name] = result;
        }

        await node.WaitForExitAsync();
        return results;
    }
}
