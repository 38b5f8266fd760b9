using System.Net;
using System.Net.Sockets;

namespace EventHubEmulator.Tests;

/// <summary>
/// Passes bytes between a client and the hub, until it is told to lose what the hub says: then the next answer and all behind it are swallowed and
/// the connections are cut, so that a client never learns that its batch was stored.
/// </summary>
internal sealed class FaultyWire : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _hubPort;
    private readonly List<TcpClient> _clients = [];
    private volatile TaskCompletionSource? _losing;

    public FaultyWire(int hubPort)
    {
        _hubPort = hubPort;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Ends once an answer was lost and <see cref="Mend"/> may let the client come back.</summary>
    public Task LoseTheNextAnswer()
    {
        _losing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return _losing.Task;
    }

    public void Mend()
    {
        _losing = null;
        lock (_clients)
        {
            foreach (var client in _clients) client.Dispose();
            _clients.Clear();
        }
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        Mend();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _ = PassAsync(client);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        var hub = new TcpClient();
        lock (_clients) _clients.AddRange([client, hub]);
        try
        {
            await hub.ConnectAsync(IPAddress.Loopback, _hubPort);
            await Task.WhenAny(client.GetStream().CopyToAsync(hub.GetStream()), AnswerAsync(hub.GetStream(), client.GetStream()));
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One of them has gone, and so does the other.
        }
        client.Dispose();
        hub.Dispose();
    }

    private async Task AnswerAsync(NetworkStream hub, NetworkStream client)
    {
        var buffer = new byte[64 * 1024];
        while (await hub.ReadAsync(buffer) is var read and > 0)
        {
            if (_losing is { } losing) losing.TrySetResult();
            else await client.WriteAsync(buffer.AsMemory(0, read));
        }
    }
}
