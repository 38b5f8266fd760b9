using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using IoTBackend.Stack;

namespace Local.Tests;

/// <summary>Microsoft's storage emulator on free ports, in memory unless given a folder to keep.</summary>
public sealed class Azurite : IAsyncLifetime
{
    public const int MaxAccounts = 64;

    private const string Account = "devstoreaccount1";
    // The emulator's published key: no secret.
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly int[] ports = FreePorts.Take(3);
    private readonly string folder = Directory.CreateTempSubdirectory("azurite-").FullName;
    private Process? process;

    public string ConnectionString => ConnectionOf(Account);

    /// <summary>To one of <see cref="MaxAccounts"/> accounts, by its number: what one holds no other sees.</summary>
    public string ConnectionOf(int account) => ConnectionOf($"account{account}");

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
            Environment = { ["AZURITE_ACCOUNTS"] = string.Join(';', Enumerable.Range(0, MaxAccounts).Select(i => $"account{i}").Prepend(Account).Select(name => $"{name}:{Key}")) },
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

    private string ConnectionOf(string account) =>
        $"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={Key};BlobEndpoint={Endpoint(0, account)};QueueEndpoint={Endpoint(1, account)};TableEndpoint={Endpoint(2, account)};";

    private string Endpoint(int index, string account) => $"http://127.0.0.1:{ports[index]}/{account}";

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
