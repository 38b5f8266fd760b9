using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace IoTBackend.Benchmarks.Ingest;

/// <param name="Requests">Answered 202.</param>
/// <param name="Refused">Answered anything else.</param>
/// <param name="Latencies">Of all requests, sorted.</param>
internal sealed record LoadResult(long Requests, long Refused, TimeSpan Elapsed, long[] Latencies)
{
    public double PerSecond => Requests / Elapsed.TotalSeconds;

    public LoadResult Add(LoadResult other) =>
        new(Requests + other.Requests, Refused + other.Refused, Elapsed + other.Elapsed, [.. Latencies.Concat(other.Latencies).Order()]);

    public double Milliseconds(double quantile) =>
        Latencies.Length == 0 ? double.NaN : Latencies[(int)(quantile * (Latencies.Length - 1))] * 1000.0 / Stopwatch.Frequency;
}

/// <summary>
/// HTTP/1.1 over keep-alive connections, one request at a time on each, with as little work as can be: what is measured shares
/// the machine with this.
/// </summary>
internal static class HttpLoad
{
    /// <param name="port">Of the server, on loopback.</param>
    /// <param name="requests">Complete requests, one list per connection, sent in turn.</param>
    /// <param name="duration">For how long.</param>
    /// <param name="perSecond">Requests a second on all connections together, evenly spread; 0 = as many as are answered.</param>
    public static async Task<LoadResult> RunAsync(int port, IReadOnlyList<byte[][]> requests, TimeSpan duration, double perSecond = 0)
    {
        using var end = new CancellationTokenSource();
        var clock = Stopwatch.StartNew();
        end.CancelAfter(duration);
        var pause = perSecond > 0 ? TimeSpan.FromSeconds(requests.Count / perSecond) : TimeSpan.Zero;
        var results = await Task.WhenAll(requests.Select((own, i) =>
            Task.Run(() => ConnectionAsync(port, own, new(pause, pause * i / requests.Count), end.Token))));
        var elapsed = clock.Elapsed;
        long[] latencies = [.. results.SelectMany(r => r.Latencies).Order()];
        return new(latencies.Length - results.Sum(r => r.Refused), results.Sum(r => r.Refused), elapsed, latencies);
    }

    public static byte[] Request(string deviceId, string? authorization, string body) => Encoding.ASCII.GetBytes(
        $"POST /api/devices/{deviceId}/telemetry HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" +
        (authorization is null ? "" : $"Authorization: {authorization}\r\n") + $"Content-Length: {body.Length}\r\n\r\n{body}");

    private static async Task<(List<long> Latencies, long Refused)> ConnectionAsync(int port, byte[][] requests, Pace pace, CancellationToken end)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, CancellationToken.None);
        var latencies = new List<long>();
        var refused = 0L;
        var buffer = new byte[16 * 1024];
        for (var i = 0; !end.IsCancellationRequested; i++)
        {
            await pace.TurnAsync(i);
            var started = Stopwatch.GetTimestamp();
            await socket.SendAsync(requests[i % requests.Length], CancellationToken.None);
            var received = 0;
            while (!IsComplete(buffer.AsSpan(0, received)))
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(received), CancellationToken.None);
                if (read == 0)
                    throw new IOException("The server closed the connection.");
                received += read;
            }

            latencies.Add(Stopwatch.GetTimestamp() - started);
            if (!buffer.AsSpan(0, received).StartsWith("HTTP/1.1 202"u8))
                refused++;
        }

        return (latencies, refused);
    }

    public static bool IsComplete(ReadOnlySpan<byte> response)
    {
        var head = response.IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return false;
        var length = response[..head].IndexOf("Content-Length: "u8);
        if (length < 0)
            // Both servers answer short bodies in one chunk.
            return response.EndsWith("0\r\n\r\n"u8);
        var digits = response[(length + 16)..head];
        return System.Buffers.Text.Utf8Parser.TryParse(digits, out int bytes, out _) && response.Length >= head + 4 + bytes;
    }
}
