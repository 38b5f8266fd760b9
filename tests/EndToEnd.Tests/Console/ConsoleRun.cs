using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using IoTBackend.Stack;
using IoTBackend.Stack.Demo;

namespace EndToEnd.Tests.Console;

/// <summary>One run of all scenarios, in one browser, against a stack of its own with the demo fleet.</summary>
public sealed class ConsoleRun : IAsyncLifetime
{
    private const int DemoDevices = 25;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    // As where people sign in with Entra ID; app-service.mjs stands for what is before the app there.
    private const string TenantId = "6f6c1f3e-0f0a-4a51-9a3b-3d2f6f0f7a11";
    private readonly string _consoleKey = Guid.NewGuid().ToString("n");
    private readonly TestStack _stack;
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentQueue<string> _said = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<(bool, string)>> _results = new();
    private Task _demo = Task.CompletedTask;
    private Task _browser = Task.CompletedTask;

    internal static string Folder { get; } = Path.Combine(BuildTests.Folder, "tests");

    internal bool IsInstalled { get; } = new[] { "chromium", "docker-registry", "skopeo" }.All(program => File.Exists($"/usr/bin/{program}"));

    public ConsoleRun() => _stack = new() { Settings = { ["WEBSITE_AUTH_ENABLED"] = "true", ["SignIn__TenantId"] = TenantId, ["SignIn__ConsoleKey"] = _consoleKey } };

    public async ValueTask InitializeAsync()
    {
        if (!IsInstalled)
            return;
        Assert.True(Directory.Exists(Path.Combine(BuildTests.Folder, "node_modules", "playwright-core")), $"Run 'npm ci' in {BuildTests.Folder}, or scripts/test.");
        await _stack.InitializeAsync();
        await LocalRegistry.ConfigureAsync(_stack.Stack, _stack.Api, _ended.Token);
        _demo = new DemoRun(_stack.Stack, _stack.Api, _stack.Layout, DemoDevices, TimeProvider.System, _said.Enqueue).RunAsync(_ended.Token);
        await _stack.UntilAsync(async () => (await _stack.OperateAsync(HttpMethod.Get, "releases"))!["releases"]!, releases => _demo.IsFaulted || releases.AsArray().Count > 0);
        _browser = BrowseAsync();
    }

    /// <summary>How a scenario ended, once it has.</summary>
    internal async Task<(bool Ok, string Error)> ResultOfAsync(string scenario)
    {
        var result = Result(scenario).Task;
        await Task.WhenAny(result, _browser);
        return result.IsCompleted ? await result : (false, $"It was not run. {string.Join('\n', _said.TakeLast(20))}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!IsInstalled)
            return;
        await _ended.CancelAsync();
        await _browser;
        await _demo.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stack.DisposeAsync();
        _ended.Dispose();
    }

    private TaskCompletionSource<(bool, string)> Result(string scenario) => _results.GetOrAdd(scenario, _ => new());

    private async Task BrowseAsync()
    {
        using var node = Process.Start(new ProcessStartInfo("node", ["browser.mjs"])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await using var end = _ended.Token.Register(() => node.Kill(entireProcessTree: true));
        _ended.CancelAfter(Patience);
        node.ErrorDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        node.BeginErrorReadLine();
        await node.StandardInput.WriteAsync(JsonSerializer.Serialize(new
        {
            url = _stack.Stack.Programs.Api.GetLeftPart(UriPartial.Authority),
            key = _stack.Stack.Secrets.OperatorKey,
            registry = _stack.Stack.Programs.RegistryHost,
            webhookKey = _stack.Stack.Secrets.RegistryWebhookKey,
            tenantId = TenantId,
            consoleKey = _consoleKey,
        }));
        node.StandardInput.Close();
        while (await node.StandardOutput.ReadLineAsync() is { } line)
        {
            var result = JsonSerializer.Deserialize<ScenarioResult>(line, JsonSerializerOptions.Web)!;
            Result(result.Name).TrySetResult((result.Ok, $"{result.Error} ({result.Milliseconds / 1000.0:0.0} s)"));
        }

        await node.WaitForExitAsync();
    }

    private sealed record ScenarioResult(string Name, bool Ok, string? Error, int Milliseconds);
}

/// <summary>Beside no other of this project: a browser and a stack are much for two cores.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ConsoleCollection : ICollectionFixture<ConsoleRun>
{
    public const string Name = "console";
}
