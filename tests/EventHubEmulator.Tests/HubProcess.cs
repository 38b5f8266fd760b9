using System.Diagnostics;

namespace EventHubEmulator.Tests;

/// <summary>The emulator as a program of its own, to be killed.</summary>
internal sealed class HubProcess : IDisposable
{
    private readonly Process _process;

    private HubProcess(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public static ProcessStartInfo Command(params string[] arguments) =>
        new("dotnet", [Path.Combine(AppContext.BaseDirectory, "IoTBackend.EventHubEmulator.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

    public static async Task<HubProcess> StartAsync(string data, int port = 0, params string[] arguments)
    {
        var process = Process.Start(Command(["--port", $"{port}", "--health-port", "off", "--data", data, .. arguments]))!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            if (line.StartsWith("ready amqp://127.0.0.1:", StringComparison.Ordinal)) return new(process, int.Parse(line.Split(':')[^1]));
        throw new InvalidOperationException($"the emulator did not start: {await process.StandardError.ReadToEndAsync(limit.Token)}");
    }

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGTERM; the exit code.</summary>
    public async Task<int> StopAsync()
    {
        Process.Start("kill", ["-TERM", $"{_process.Id}"]).Dispose();
        await _process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }
}
