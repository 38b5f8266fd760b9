using System.Diagnostics;
using IoTBackend.Stack.Demo;

namespace Agent.Tests.Engines;

/// <summary>A real engine with a socket, a store and a runtime folder of its own, so that it touches no other of the machine.</summary>
internal sealed class EngineProcess : IAsyncDisposable
{
    private readonly string _folder;
    private readonly ProcessStartInfo _start;
    private Process? _process;

    private EngineProcess(string folder, ProcessStartInfo start) => (_folder, _start) = (folder, start);

    public string Socket => EngineCommand.SocketIn(_folder);

    /// <param name="kind"><c>docker</c> or <c>podman</c></param>
    /// <param name="registry">Spoken to by http.</param>
    /// <param name="megabytes">All that it may fill; null = the machine's disk.</param>
    public static async Task<EngineProcess> StartAsync(string kind, string registry, int? megabytes = null)
    {
        // Short: a socket's path has at most 108 bytes.
        var folder = Directory.CreateTempSubdirectory("eng").FullName;
        if (megabytes is not null)
            await RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "none", folder);
        var command = EngineCommand.Of(kind, folder, registry);
        // By itself dockerd tries for more than a minute before it says that a registry is gone.
        string[] haste = kind == "docker" ? ["--max-download-attempts=1"] : [];
        var start = new ProcessStartInfo(command.Arguments[0], [.. command.Arguments.Skip(1), .. haste]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in command.Environment)
            start.Environment[name] = value;
        var engine = new EngineProcess(folder, start);
        await engine.StartAsync();
        return engine;
    }

    /// <summary>As an upgrade of it does.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>A larger disk, or one on which somebody made room.</summary>
    public Task GrowAsync(int megabytes) => RunAsync("mount", "-o", $"remount,size={megabytes}m", _folder);

    private static async Task RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(command, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    private async Task StopAsync()
    {
        using (var terminate = Process.Start("kill", ["-TERM", $"{_process!.Id}"]))
            await terminate.WaitForExitAsync();
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
    }

    private async Task StartAsync()
    {
        File.Delete(Path.Combine(_folder, "pid"));
        File.Delete(Socket);
        _process = Process.Start(_start)!;
        _ = _process.StandardOutput.ReadToEndAsync();
        _ = _process.StandardError.ReadToEndAsync();
        using var engine = new IoTBackend.Agent.Engine.DockerEngine(Socket, "nobody");
        for (var tries = 0; ; tries++)
        {
            try
            {
                await engine.InfoAsync(CancellationToken.None);
                return;
            }
            catch (IoTBackend.Agent.Engine.EngineUnavailableException) when (tries < 1800 && !_process.HasExited)
            {
                await Task.Delay(100);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;
        await StopAsync();
        // What it had mounted, the innermost first.
        var mounts = (await File.ReadAllLinesAsync("/proc/mounts")).Select(l => l.Split(' ')[1]).Where(m => m == _folder || m.StartsWith(_folder + "/", StringComparison.Ordinal));
        foreach (var mount in mounts.Reverse())
        {
            using var unmount = Process.Start(new ProcessStartInfo("umount", ["-l", mount]) { RedirectStandardError = true })!;
            await unmount.WaitForExitAsync();
        }

        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A shim that is still ending writes its last words.
        }
    }
}
