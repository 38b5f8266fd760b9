using System.Diagnostics;
using System.Net;
using IoTBackend.Stack;

namespace Cli.Tests.Commands;

/// <summary>The real program on a terminal of its own, which <c>script</c> (util-linux) makes.</summary>
public sealed class WatchEndsTests : IDisposable
{
    private const string Script = "/usr/bin/script";

    /// <summary>It takes a moment; a machine may be ten times slower than this one.</summary>
    private static readonly TimeSpan LongestEnd = TimeSpan.FromMinutes(2);

    private readonly HttpListener _backend = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Watching_ends_with_Ctrl_C_as_shells_count_it_and_leaves_the_terminal_as_it_was()
    {
        Assert.SkipUnless(File.Exists(Script), $"{Script} is not installed (apt-get install bsdutils)");
        var address = Listen();
        var program = Repository.Path("artifacts", "bin", "Cli", new DirectoryInfo(AppContext.BaseDirectory).Name, "iot.dll");
        var start = new ProcessStartInfo(Script, ["-qec", $"trap : INT; stty -g; dotnet {program} alerts --watch; echo ended $?; stty -g", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["IOT_URL"] = address, ["IOT_OPERATOR_KEY"] = Iot.Key },
        };
        using var terminal = Process.Start(start)!;
        var reading = terminal.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await Task.WhenAny(_asked.Task, reading);
        Assert.True(_asked.Task.IsCompleted, reading.IsCompleted ? await reading : "");
        await terminal.StandardInput.WriteAsync('\x03');
        await terminal.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        var lines = (await reading.WaitAsync(LongestEnd, TestContext.Current.CancellationToken)).ReplaceLineEndings("\n").Trim().Split('\n');
        Assert.True(lines[^2].EndsWith("ended 130", StringComparison.Ordinal), string.Join('\n', lines));
        Assert.Equal(lines[0], lines[^1]);
        Assert.DoesNotContain("   at ", string.Join('\n', lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watching_ends_once_nobody_reads_it_any_more()
    {
        var looks = 0;
        using var backend = new StubBackend(_ => $$$"""
            {"alerts":[{"id":"a","kind":"battery.low","severity":"warning","worstSeverity":"warning","state":"open","summary":"Look {{{++looks}}}","evidence":{},
            "raisedAt":"2026-11-28T12:00:00Z","saidAt":"2026-11-28T12:00:00Z","saidBy":"backend"}]}
            """);
        var program = Repository.Path("artifacts", "bin", "Cli", new DirectoryInfo(AppContext.BaseDirectory).Name, "iot.dll");
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", $"dotnet {program} alerts --watch --url {backend.Url} | head -1; echo ended ${{PIPESTATUS[0]}}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["IOT_OPERATOR_KEY"] = Iot.Key },
        })!;
        var errors = shell.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(LongestEnd, TestContext.Current.CancellationToken);
        Assert.Matches("^[^\n]*Look [0-9]+\nended 0\n$", said);
        Assert.Equal("", await errors);
    }

    public void Dispose() => _backend.Close();

    private string Listen()
    {
        var address = $"http://127.0.0.1:{FreePorts.Take(1)[0]}/";
        _backend.Prefixes.Add(address);
        _backend.Start();
        _ = AnswerAsync();
        return address;
    }

    private async Task AnswerAsync()
    {
        while (_backend.IsListening)
        {
            var context = await _backend.GetContextAsync();
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync("""{"alerts":[]}"""u8.ToArray());
            context.Response.Close();
            _asked.TrySetResult();
        }
    }
}
