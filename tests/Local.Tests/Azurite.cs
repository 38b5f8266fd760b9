using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Local.Tests;

/// <summary>Microsoft's storage emulator on free ports, in memory unless given a folder to keep.</summary>
public sealed class Azurite : IAsyncLifetime
{
    private const string Account = "devstoreaccount1";
    // The emulator's published key: no secret.
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly int[] ports = FreePorts(3);
    private readonly string folder = Directory.CreateTempSubdirectory("azurite-").FullName;
    private Process? process;

    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint={Endpoint(0)};QueueEndpoint={Endpoint(1)};TableEndpoint={Endpoint(2)};";

    public async ValueTask InitializeAsync() => await StartAsync();

    /// <summary>Starts it; after <see cref="StopAsync"/> again, with the same ports and the same contents.</summary>
    public async Task StartAsync()
    {
        process = Process.Start(new ProcessStartInfo("node")
        {
            ArgumentList =
            {
                Script(), "--blobPort", $"{ports[0]}", "--queuePort", $"{ports[1]}", "--tablePort", $"{ports[2]}", "--location", folder,
                "--skipApiVersionCheck", "--silent", "--disableTelemetry",
            },
            RedirectStandardOutput = true,
        })!;
        _ = process.StandardOutput.ReadToEndAsync();
        foreach (var port in ports)
            await ListensAsync(port);
    }

    /// <summary>Ends it the gentle way: killed outright it forgets its last seconds.</summary>
    public async Task StopAsync()
    {
        if (process is not { HasExited: false })
            return;
        Process.Start("kill", ["-TERM", $"{process.Id}"]).Dispose();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        process?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Ports nobody listens on at the moment.</summary>
    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Stop());
        return ports;
    }

    private string Endpoint(int index) => $"http://127.0.0.1:{ports[index]}/{Account}";

    private static string Script()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var script = Path.Combine(folder.FullName, "local", "node_modules", "azurite", "dist", "src", "azurite.js");
            if (File.Exists(script))
                return script;
        }
        throw new InvalidOperationException("Azurite is not installed: run 'npm ci' in local/.");
    }

    private static async Task ListensAsync(int port)
    {
        for (var attempt = 0; ; attempt++)
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (attempt < 300)
            {
                await Task.Delay(100);
            }
    }
}
