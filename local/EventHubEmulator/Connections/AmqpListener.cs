using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Hubs;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>Accepts connections on the loopback interface and looks after them.</summary>
internal sealed class AmqpListener : IAsyncDisposable
{
    private const int MaximumConnections = 2000;
    private readonly Socket _socket;
    private readonly HubNamespace _hubs;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<AmqpConnection, Task> _connections = new();
    private readonly Task _accepting, _ticking;

    /// <exception cref="SocketException">The port is taken.</exception>
    public AmqpListener(HubNamespace hubs, int port)
    {
        _hubs = hubs;
        _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            _socket.Listen(512);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
        foreach (var hub in hubs.Hubs) hub.Revoked.Revoked += publisher => DropPublisher(hub, publisher);
        _accepting = AcceptAsync();
        _ticking = TickAsync();
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>Serves a peer that came another way, e.g. over a WebSocket, until it leaves.</summary>
    public async Task ServeAsync(Stream stream)
    {
        if (_connections.Count >= MaximumConnections)
        {
            await stream.DisposeAsync();
            return;
        }
        var connection = new AmqpConnection(stream, _hubs, _stop.Token);
        var running = connection.RunAsync();
        _connections[connection] = running;
        try
        {
            await running;
        }
        finally
        {
            _connections.TryRemove(connection, out _);
        }
    }

    /// <summary>Says goodbye to all peers; they have two seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        foreach (var connection in _connections.Keys) connection.Shutdown();
        await Task.WhenAny(Task.WhenAll(_connections.Values), Task.Delay(TimeSpan.FromSeconds(2)));
        await _stop.CancelAsync();
        await Task.WhenAll(_connections.Values.Append(_accepting).Append(_ticking)).WaitAsync(TimeSpan.FromSeconds(5))
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _socket.AcceptAsync(_stop.Token);
                socket.NoDelay = true;
                _ = Task.Run(() => ServeAsync(new NetworkStream(socket, ownsSocket: true)));
            }
            catch (Exception error) when (error is ObjectDisposedException or OperationCanceledException
                || (error is SocketException { SocketErrorCode: SocketError.OperationAborted or SocketError.InvalidArgument }))
            {
                return;
            }
            catch (SocketException)
            {
                // Out of descriptors, or the peer gave up before it was accepted: the next one may do better.
                await Task.Delay(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            for (var seconds = 1; await timer.WaitForNextTickAsync(_stop.Token); seconds++)
            {
                foreach (var connection in _connections.Keys) connection.Tick();
                if (seconds % 30 == 0) _hubs.Retain();
            }
        }
        catch (OperationCanceledException)
        {
            // The hub stops.
        }
    }

    private void DropPublisher(Hub hub, string publisher)
    {
        foreach (var connection in _connections.Keys)
            lock (connection.Gate)
                foreach (var link in connection.Links.OfType<PublishLink>().Where(link => link.Hub == hub && publisher.Equals(link.Publisher, StringComparison.OrdinalIgnoreCase)).ToArray())
                    link.Detach(new(AmqpError.PublisherRevoked, $"The publisher '{publisher}' is revoked."));
    }
}
