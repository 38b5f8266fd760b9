using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace Local.Tests.ScaleOut;

/// <summary>The event hub emulator in a process of its own, with one hub.</summary>
internal sealed class EmulatorProcess : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hub-").FullName;
    private readonly int port = Azurite.FreePorts(1)[0];
    private readonly Process process;

    private EmulatorProcess(int partitions)
    {
        var config = Path.Combine(folder, "config.json");
        var hub = new { Name = "telemetry", PartitionCount = partitions, ConsumerGroups = new[] { new { Name = "$Default" } } };
        File.WriteAllText(config, JsonSerializer.Serialize(new { UserConfig = new { NamespaceConfig = new[] { new { Type = "EventHub", Name = "local", Entities = new[] { hub } } } } }));
        process = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "IoTBackend.EventHubEmulator.dll"), "--port", $"{port}", "--health-port", "off", "--config", config,
                "--data", Path.Combine(folder, "data"),
            },
            RedirectStandardOutput = true,
        })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
    }

    public string ConnectionString =>
        $"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;";

    public static async Task<EmulatorProcess> StartAsync(int partitions)
    {
        var emulator = new EmulatorProcess(partitions);
        await FunctionsRuntime.Wait.UntilAsync(emulator.ListensAsync);
        return emulator;
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
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
