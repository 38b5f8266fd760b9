using System.Net;
using System.Net.Sockets;
using System.Text;
using IoTBackend.Agent;
using IoTBackend.Agent.Configuration;

namespace Agent.Tests;

/// <summary>The agent as a whole, where one of those it talks to is not there.</summary>
public sealed class AgentRunTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");

    [Fact]
    public async Task A_device_whose_engine_is_gone_sends_its_readings()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var key = Path.Combine(_folder.FullName, "key");
        await File.WriteAllTextAsync(key, Convert.ToBase64String(new byte[32]), TestContext.Current.CancellationToken);
        File.SetUnixFileMode(key, UnixFileMode.UserRead);
        var configuration = new AgentConfiguration
        {
            Server = $"http://{server.LocalEndpoint}",
            DeviceId = "pump-1",
            KeyFile = key,
            StateDirectory = _folder.FullName,
            Engine = Path.Combine(_folder.FullName, "no.sock"),
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = AgentRun.RunAsync(configuration, TimeProvider.System, _ => { }, stop.Token);
        using var connection = await server.AcceptSocketAsync(stop.Token);
        var request = new byte[64];
        await connection.ReceiveAsync(request, stop.Token);
        Assert.StartsWith("POST /api/devices/pump-1/telemetry ", Encoding.ASCII.GetString(request), StringComparison.Ordinal);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
