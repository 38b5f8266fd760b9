using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using IoTBackend.Benchmarks.Ingest;
using IoTBackend.Simulator;

namespace IoTBackend.Benchmarks.Costs;

/// <summary>A fleet that sends at an even rate over keep-alive connections, each device in its turn.</summary>
internal sealed class PacedLoad(int port, DeviceCredential[] devices)
{
    /// <summary>Enough that a slow answer does not hold up the rate.</summary>
    private const int Connections = 64;

    private readonly DateTimeOffset _expiry = TimeProvider.System.GetUtcNow().AddHours(12);
    private long _next;

    private long _accepted;
    private long _refused;

    /// <summary>Requests answered 202 so far.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Answered anything else, or not at all.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <param name="perSecond">Requests a second; infinite for as fast as they are answered.</param>
    /// <param name="count">Requests after which it ends.</param>
    /// <param name="perRequest">Readings in each.</param>
    /// <param name="stop">Ends it earlier.</param>
    public Task RunAsync(double perSecond, long count, int perRequest, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var taken = 0L;
        return Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(SendAsync, CancellationToken.None)));

        async Task SendAsync()
        {
            Socket? socket = null;
            var buffer = new byte[16 * 1024];
            while (!stop.IsCancellationRequested && Interlocked.Increment(ref taken) is var turn && turn <= count)
            {
                if (TimeSpan.FromSeconds((turn - 1) / perSecond) - clock.Elapsed is { Ticks: > 0 } early)
                    await Task.Delay(early, CancellationToken.None);
                try
                {
                    if (socket is null)
                        await (socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }).ConnectAsync(IPAddress.Loopback, port, CancellationToken.None);
                    if (await AskAsync(socket, buffer, perRequest))
                        Interlocked.Increment(ref _accepted);
                    else
                        Interlocked.Increment(ref _refused);
                }
                catch (Exception e) when (e is SocketException or IOException)
                {
                    Interlocked.Increment(ref _refused);
                    socket?.Dispose();
                    socket = null;
                }
            }

            socket?.Dispose();
        }
    }

    private async Task<bool> AskAsync(Socket socket, byte[] buffer, int perRequest)
    {
        await socket.SendAsync(NextRequest(perRequest), CancellationToken.None);
        var received = 0;
        while (!HttpLoad.IsComplete(buffer.AsSpan(0, received)))
            received += await socket.ReceiveAsync(buffer.AsMemory(received), CancellationToken.None) is > 0 and var read ? read : throw new IOException("The server closed the connection.");
        return buffer.AsSpan(0, received).StartsWith("HTTP/1.1 202"u8);
    }

    private byte[] NextRequest(int perRequest)
    {
        var turn = Interlocked.Increment(ref _next) - 1;
        var device = devices[turn % devices.Length];
        var first = turn / devices.Length * perRequest;
        var body = perRequest == 1 ? Reading(first) : $"[{string.Join(',', Enumerable.Range(0, perRequest).Select(i => Reading(first + i)))}]";
        return HttpLoad.Request(device.DeviceId, DeviceToken.Sign(device.DeviceId, device.Key, _expiry), body);
    }

    public static string Reading(long counter) => string.Create(CultureInfo.InvariantCulture,
        $$$"""{"seq":{{{counter}}},"battery":{"percent":{{{90 - counter % 5000 * 0.01:0.00}}},"voltage":3.92},"link":{"rssi":{{{-71 - counter % 5}}},"snr":9.5,"gateway":"gw-7"},"metrics":{"temperature":21.4}}""");
}
