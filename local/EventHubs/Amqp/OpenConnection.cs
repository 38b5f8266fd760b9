using Amqp;
using Amqp.Framing;
using Azure.Messaging.EventHubs.Authorization;

namespace Azure.Messaging.EventHubs.Amqp;

/// <summary>A live connection: puts tokens for audiences and renews them as long as it lives.</summary>
internal sealed class OpenConnection(Connection connection, string hub, HubCredential credential) : IAsyncDisposable
{
    private static readonly TimeSpan RenewAhead = TimeSpan.FromMinutes(5);
    private readonly CancellationTokenSource _closed = new();
    private readonly Dictionary<string, Task> _authorized = [];
    private readonly Lock _lock = new();
    private readonly RequestLink _cbs = new(connection, "$cbs");
    private RequestLink? _management;

    public Connection Amqp => connection;
    public bool IsClosed => connection.IsClosed;

    public RequestLink Management
    {
        get
        {
            lock (_lock)
            {
                if (_management is null or { IsClosed: true }) _management = new(connection, "$management");
                return _management;
            }
        }
    }

    /// <summary>Once per audience and connection; a failed attempt is not remembered.</summary>
    public Task AuthorizeAsync(string audience, string resource)
    {
        lock (_lock)
        {
            if (_authorized.TryGetValue(audience, out var known) && !known.IsFaulted && !known.IsCanceled) return known;
            return _authorized[audience] = PutAndRenewAsync(audience, resource);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        try
        {
            await connection.CloseAsync(TimeSpan.FromSeconds(2), null);
        }
        catch (Exception error) when (error is AmqpException or TimeoutException or IOException or ObjectDisposedException)
        {
            // The peer is gone: the connection is closed all the same.
        }
    }

    private async Task PutAndRenewAsync(string audience, string resource)
    {
        var expiresOn = await PutAsync(audience, resource);
        _ = RenewAsync(audience, resource, expiresOn);
    }

    private async Task RenewAsync(string audience, string resource, DateTimeOffset expiresOn)
    {
        try
        {
            while (!connection.IsClosed)
            {
                var life = expiresOn - TimeProvider.System.GetUtcNow();
                if (life <= TimeSpan.Zero) return;
                var pause = life > RenewAhead * 2 ? life - RenewAhead : life * 0.6;
                await Task.Delay(pause < TimeSpan.FromDays(1) ? pause : TimeSpan.FromDays(1), _closed.Token);
                expiresOn = await PutAsync(audience, resource);
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception error) when (error is EventHubsException or AmqpException)
        {
            // Without a fresh token the hub would drop the links one by one; a new connection asks again.
            await DisposeAsync();
        }
    }

    private async Task<DateTimeOffset> PutAsync(string audience, string resource)
    {
        var token = await credential.GetTokenAsync(resource, _closed.Token);
        var request = new Message(token.Value)
        {
            ApplicationProperties = new ApplicationProperties
            {
                ["operation"] = "put-token",
                ["type"] = token.Type,
                ["name"] = audience,
                ["expiration"] = token.ExpiresOn.UtcDateTime,
            },
        };
        await _cbs.AskAsync(request, hub, _closed.Token);
        return token.ExpiresOn;
    }
}
