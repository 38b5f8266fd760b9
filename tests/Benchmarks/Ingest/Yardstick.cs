using System.Diagnostics;
using System.Net.Sockets;
using IoTBackend.Stack;

namespace IoTBackend.Benchmarks.Ingest;

/// <summary>A <see cref="YardstickEndpoint"/> as a process of its own.</summary>
internal sealed class Yardstick : IDisposable
{
    private readonly Process _process;

    private Yardstick(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <param name="hubConnection">Where it appends; null = nowhere.</param>
    public static Task<Yardstick> StartAsync(string? hubConnection) => StartAsync("yardstick", hubConnection);

    /// <summary>Forwards every request to another, and does nothing else.</summary>
    public static Task<Yardstick> HopAsync(Yardstick to) => StartAsync("yardstick-hop", null, $"{to.Port}");

    private static async Task<Yardstick> StartAsync(string program, string? hubConnection, params string[] more)
    {
        var port = StackPorts.Free().Functions;
        var start = new ProcessStartInfo("dotnet", [typeof(Yardstick).Assembly.Location, program, $"{port}", .. more]);
        if (hubConnection is not null)
            start.Environment[YardstickEndpoint.HubVariable] = hubConnection;
        var started = new Yardstick(Process.Start(start)!, port);
        await started.WaitAsync();
        return started;
    }

    public ProcessCost Cost() => ProcessCost.Of(_process.Id);

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private async Task WaitAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", Port);
                return;
            }
            catch (SocketException) when (attempt < 100)
            {
                await Task.Delay(100);
            }
        }
    }
}
