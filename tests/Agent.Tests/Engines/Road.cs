using System.Net;
using System.Net.Sockets;

namespace Agent.Tests.Engines;

/// <summary>The way to a registry, which can be closed in the middle of an answer.</summary>
internal sealed class Road : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _end;
    private readonly Task _accepting;
    private long _left = long.MaxValue;

    public Road(string registry)
    {
        _end = IPEndPoint.Parse(registry);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Host => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public bool IsClosed => Volatile.Read(ref _left) <= 0;

    public void CloseAfter(long bytes) => Volatile.Write(ref _left, bytes);

    public void Open() => CloseAfter(long.MaxValue);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var carried = new List<Task>();
        try
        {
            while (true)
                carried.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(carried);
        }
    }

    private async Task CarryAsync(TcpClient near)
    {
        using var far = new TcpClient();
        using (near)
        {
            try
            {
                if (IsClosed)
                    return;
                await far.ConnectAsync(_end, _stop.Token);
                await Task.WhenAny(near.GetStream().CopyToAsync(far.GetStream(), _stop.Token), AnswerAsync(far.GetStream(), near.GetStream()));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // Either end has gone.
            }
        }
    }

    private async Task AnswerAsync(NetworkStream from, NetworkStream to)
    {
        var chunk = new byte[64 * 1024];
        while (!IsClosed && await from.ReadAsync(chunk, _stop.Token) is var read and > 0 && Interlocked.Add(ref _left, -read) > 0)
            await to.WriteAsync(chunk.AsMemory(0, read), _stop.Token);
    }
}
