using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Hubs;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>Accepts connections on the loopback interface and looks after them.</summary>
internal sealed class AmqpListener : IAsyncDisposable
{
    public const int MaximumConnections = 2000;
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(10);
    private readonly Socket _socket;
    private readonly Socket? _tlsSocket;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly HubNamespace _hubs;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<AmqpConnection, Task> _connections = new();
    private int _handshakes;
    private readonly Task _accepting, _ticking;

    /// <exception cref="SocketException">The port is taken.</exception>
    public AmqpListener(HubNamespace hubs, int port, int? tlsPort = null, X509Certificate2? certificate = null)
    {
        _hubs = hubs;
        _socket = Listen(port);
        if (tlsPort is not null)
        {
            _tlsSocket = Listen(tlsPort.Value);
            _tls = new() { ServerCertificateContext = SslStreamCertificateContext.Create(certificate!, null, offline: true) };
        }
        foreach (var hub in hubs.Hubs) hub.Revoked.Revoked += publisher => DropPublisher(hub, publisher);
        _accepting = Task.WhenAll(AcceptAsync(_socket, null), _tlsSocket is null ? Task.CompletedTask : AcceptAsync(_tlsSocket, _tls));
        _ticking = TickAsync();
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;
    public int? TlsPort => ((IPEndPoint?)_tlsSocket?.LocalEndPoint)?.Port;

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
        _tlsSocket?.Dispose();
        foreach (var connection in _connections.Keys) connection.Shutdown();
        await Task.WhenAny(Task.WhenAll(_connections.Values), Task.Delay(TimeSpan.FromSeconds(2)));
        await _stop.CancelAsync();
        await Task.WhenAll(_connections.Values.Append(_accepting).Append(_ticking)).WaitAsync(TimeSpan.FromSeconds(5))
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static Socket Listen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(512);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task ServeTlsAsync(Stream stream, SslServerAuthenticationOptions options)
    {
        var secured = new SslStream(stream);
        try
        {
            if (Interlocked.Increment(ref _handshakes) > MaximumConnections) throw new IOException("Too many are shaking hands.");
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            limit.CancelAfter(HandshakeLimit);
            await secured.AuthenticateAsServerAsync(options, limit.Token);
        }
        catch (Exception error) when (error is IOException or AuthenticationException or OperationCanceledException)
        {
            await secured.DisposeAsync();
            return;
        }
        finally
        {
            Interlocked.Decrement(ref _handshakes);
        }
        await ServeAsync(secured);
    }

    private async Task AcceptAsync(Socket listening, SslServerAuthenticationOptions? tls)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await listening.AcceptAsync(_stop.Token);
                socket.NoDelay = true;
                var stream = new NetworkStream(socket, ownsSocket: true);
                _ = Task.Run(() => tls is null ? ServeAsync(stream) : ServeTlsAsync(stream, tls));
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
