using Amqp;
using Amqp.Framing;
using Amqp.Sasl;
using Azure.Messaging.EventHubs.Authorization;

namespace Azure.Messaging.EventHubs.Amqp;

/// <summary>Opens the connection when it is first needed, and a new one when the last has died.</summary>
internal sealed class ConnectionScope(Uri endpoint, string hub, bool useTls, HubCredential credential, EventHubConnectionOptions options)
    : IAsyncDisposable
{
    private readonly SemaphoreSlim _opening = new(1, 1);
    private volatile OpenConnection? _current;
    private volatile bool _closed;

    public string EventHubName => hub;
    public bool IsClosed => _closed;

    private string Resource => $"{Scheme}://{endpoint.Authority}/{hub}".ToLowerInvariant();
    private string Scheme => useTls ? "amqps" : "amqp";

    public async Task<OpenConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (_current is { IsClosed: false } open) return open;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_closed) throw new EventHubsException(hub, "The connection is closed.", EventHubsException.FailureReason.ClientClosed);
            if (_current is { IsClosed: false } opened) return opened;
            if (_current is { } dead) await dead.DisposeAsync();
            return _current = new(await ConnectAsync(cancellationToken), hub, credential);
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>The connection, with a token put for <paramref name="address"/>.</summary>
    public async Task<OpenConnection> OpenAsync(string address, CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(cancellationToken);
        await connection.AuthorizeAsync($"{Scheme}://{endpoint.Authority}/{address}", Resource).WaitAsync(cancellationToken);
        return connection;
    }

    public ValueTask<HubToken> GetTokenAsync(CancellationToken cancellationToken) => credential.GetTokenAsync(Resource, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _closed = true;
        if (_current is { } current) await current.DisposeAsync();
    }

    private Task<Connection> ConnectAsync(CancellationToken cancellationToken)
    {
        var target = options.CustomEndpointAddress ?? endpoint;
        var port = target.IsDefaultPort || target.Port < 0 ? (useTls ? 5671 : 5672) : target.Port;
        var factory = new ConnectionFactory();
        factory.AMQP.MaxFrameSize = 64 * 1024;
        factory.AMQP.HostName = endpoint.Host;
        factory.AMQP.ContainerId = Guid.NewGuid().ToString("N");
        factory.AMQP.IdleTimeout = (int)options.ConnectionIdleTimeout.TotalMilliseconds;
        factory.TCP.NoDelay = true;
        factory.SASL.Profile = SaslProfile.Anonymous;
        factory.SSL.RemoteCertificateValidationCallback = options.CertificateValidationCallback;
        // Node and browsers resolve "localhost" to ::1 too; local hubs listen on IPv4 only.
        var host = target.Host == "localhost" ? "127.0.0.1" : target.Host;
        return factory.CreateAsync(new Address(host, port, null, null, "/", Scheme), cancellationToken);
    }
}
