using System.Diagnostics;
using IoTBackend.FunctionsHost.Settings;
using IoTBackend.Stack.Children;
using Microsoft.Extensions.Logging;

namespace IoTBackend.FunctionsHost.Workers;

/// <summary>
/// The app's process. It has a session of its own, so that Ctrl-C reaches the host alone and the host drains before it ends the worker,
/// and it dies with the host even when that is killed outright.
/// </summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    // Where util-linux is missing (macOS, Windows) the worker ends with the host only when the host ends in order.
    private static readonly string[] Wrapper =
        File.Exists("/usr/bin/setsid") && File.Exists("/usr/bin/setpriv") ? ["/usr/bin/setsid", "/usr/bin/setpriv", "--pdeathsig", "KILL"] : [];

    private readonly Process process;

    private WorkerProcess(Process process) => this.process = process;

    public int Id => process.Id;

    public int ExitCode => process.ExitCode;

    /// <summary>Ends with the process, once all it wrote has been passed on.</summary>
    public Task Exited => process.WaitForExitAsync();

    /// <param name="app">What to run.</param>
    /// <param name="workerId">The name under which it will call back.</param>
    /// <param name="protocol">Where it calls back to.</param>
    /// <param name="settings">App settings that are not in this process's environment.</param>
    /// <param name="console">Gets what it writes to its console.</param>
    public static async Task<WorkerProcess> StartAsync(
        AppFolder app, string workerId, Uri protocol, IEnumerable<KeyValuePair<string, string>> settings, ILogger console)
    {
        string[] command =
        [
            .. Wrapper, .. app.Command, "--functions-uri", $"{protocol}", "--functions-worker-id", workerId, "--functions-request-id", $"{Guid.NewGuid()}",
            "--functions-grpc-max-message-length", $"{int.MaxValue}",
        ];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = app.Path };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        start.Environment["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated";
        start.Environment["FUNCTIONS_WORKER_DIRECTORY"] = app.Path;
        start.Environment["FUNCTIONS_APPLICATION_DIRECTORY"] = app.Path;
        var process = await Spawner.StartAsync(start);
        process.OutputDataReceived += (_, line) => Pass(line.Data, console);
        process.ErrorDataReceived += (_, line) => Pass(line.Data, console);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new(process);
    }

    public void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // Gone by itself.
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await Exited;
        process.Dispose();
    }

    private static void Pass(string? line, ILogger console)
    {
        if (line is { Length: > 0 })
            HostLog.WorkerWrote(console, line);
    }
}
