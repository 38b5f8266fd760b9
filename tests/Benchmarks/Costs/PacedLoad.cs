using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using IoTBackend.Benchmarks.Ingest;
using IoTBackend.Simulator;

namespace IoTBackend.Benchmarks.Costs;

/// <summary>A fleet that sends at an even rate over keep-alive connections, one reading a request, each device in its turn.</summary>
internal sealed class PacedLoad(int port, DeviceCredential[] devices)
{
    /// <summary>Enough that a slow answer does not hold up the rate.</summary>
    private const int Connections = 64;

    private readonly DateTimeOffset _expiry = TimeProvider.System.GetUtcNow().AddHours(12);
    private long _next;

    /// <summary>Accepted so far.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    private long _accepted;

    /// <param name="perSecond">Readings a second; infinite for as fast as they are answered.</param>
    /// <param name="count">Readings after which it ends.</param>
    /// <param name="stop">Ends it earlier.</param>
    public Task RunAsync(double perSecond, long count, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var taken = 0L;
        return Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(SendAsync, CancellationToken.None)));

        async Task SendAsync()
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, port, CancellationToken.None);
            var buffer = new byte[16 * 1024];
            while (!stop.IsCancellationRequested && Interlocked.Increment(ref taken) is var turn && turn <= count)
            {
                if (TimeSpan.FromSeconds((turn - 1) / perSecond) - clock.Elapsed is { Ticks: > 0 } early)
                    await Task.Delay(early, CancellationToken.None);
                await socket.SendAsync(NextRequest(), CancellationToken.None);
                var received = 0;
                while (!HttpLoad.IsComplete(buffer.AsSpan(0, received)))
                    received += await socket.ReceiveAsync(buffer.AsMemory(received), CancellationToken.None) is > 0 and var read ? read : throw new IOException("The server closed the connection.");
                if (buffer.AsSpan(0, received).StartsWith("HTTP/1.1 202"u8))
                    Interlocked.Increment(ref _accepted);
            }
        }
    }

    private byte[] NextRequest()
    {
        var reading = Interlocked.Increment(ref _next) - 1;
        var device = devices[reading % devices.Length];
        return HttpLoad.Request(device.DeviceId, DeviceToken.Sign(device.DeviceId, device.Key, _expiry), Body(reading / devices.Length));
    }

    public static string Body(long counter) => string.Create(CultureInfo.InvariantCulture,
        $$$"""{"seq":{{{counter}}},"battery":{"percent":{{{90 - counter * 0.01:0.00}}},"voltage":3.92},"link":{"rssi":{{{-71 - counter % 5}}},"snr":9.5,"gateway":"gw-7"},"metrics":{"temperature":21.4}}""");
}
