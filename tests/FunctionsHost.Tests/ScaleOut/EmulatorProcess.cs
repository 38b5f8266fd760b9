using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using IoTBackend.Stack;

namespace FunctionsHost.Tests.ScaleOut;

/// <summary>The event hub emulator in a process of its own, with one hub.</summary>
internal sealed class EmulatorProcess : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hub-").FullName;
    private readonly int port = FreePorts.Take(1)[0];
    private readonly string config;
    private Process process;

    private EmulatorProcess(int partitions)
    {
        config = Path.Combine(folder, "config.json");
        var hub = new { Name = "telemetry", PartitionCount = partitions, ConsumerGroups = new[] { new { Name = "$Default" } } };
        File.WriteAllText(config, JsonSerializer.Serialize(new { UserConfig = new { NamespaceConfig = new[] { new { Type = "EventHub", Name = "local", Entities = new[] { hub } } } } }));
        process = Start();
    }

    public string ConnectionString =>
        $"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;";

    public static async Task<EmulatorProcess> StartAsync(int partitions)
    {
        var emulator = new EmulatorProcess(partitions);
        await Wait.UntilAsync(emulator.ListensAsync);
        return emulator;
    }

    /// <summary>Kills it and starts it again on the same port and data, after a pause.</summary>
    public async Task CrashAsync(TimeSpan away)
    {
        Kill();
        await Task.Delay(away);
        process = Start();
        await Wait.UntilAsync(ListensAsync);
    }

    public void Dispose()
    {
        Kill();
        Directory.Delete(folder, recursive: true);
    }

    private Process Start()
    {
        var started = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "IoTBackend.EventHubEmulator.dll"), "--port", $"{port}", "--health-port", "off", "--config", config,
                "--data", Path.Combine(folder, "data"),
            },
            RedirectStandardOutput = true,
        })!;
        started.OutputDataReceived += (_, _) => { };
        started.BeginOutputReadLine();
        return started;
    }

    private void Kill()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private async Task<bool> ListensAsync()
    {
        if (process.HasExited)
            throw new InvalidOperationException($"The emulator left with exit code {process.ExitCode}.");
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
