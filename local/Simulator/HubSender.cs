using System.Text.Json;
using Amqp;
using Amqp.Framing;
using Amqp.Sasl;
using Amqp.Types;

namespace IoTBackend.Simulator;

/// <summary>Telemetry straight to the Event Hub by AMQP, with the device's publisher token.</summary>
internal sealed class HubSender(BackendApi api, DeviceCredential device, TimeProvider time) : ISender
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    private Connection? connection;
    private SenderLink? link;
    private DateTimeOffset renewAt;

    public async Task<long?> SendAsync(byte[] reading, CancellationToken cancellationToken)
    {
        if (link is null || link.IsClosed || time.GetUtcNow() >= renewAt)
            await OpenAsync(cancellationToken);
        using var message = new Message { Properties = new() { ContentType = "application/json" }, BodySection = new Data { Binary = reading } };
        try
        {
            await link!.SendAsync(message, Timeout);
            return null;
        }
        catch (Exception failure) when (failure is AmqpException or TimeoutException)
        {
            await DisposeAsync();
            throw new HttpRequestException(failure.Message, failure);
        }
    }

    public async ValueTask DisposeAsync()
    {
        link = null;
        if (Interlocked.Exchange(ref connection, null) is { IsClosed: false } open)
        {
            try
            {
                await open.CloseAsync(TimeSpan.FromSeconds(2), null);
            }
            catch (Exception failure) when (failure is AmqpException or TimeoutException or ObjectDisposedException)
            {
                // Gone already.
            }
        }
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        await DisposeAsync();
        var access = await AccessAsync(cancellationToken);
        try
        {
            var factory = new ConnectionFactory();
            factory.SASL.Profile = SaslProfile.Anonymous;
            connection = await factory.CreateAsync(new Address(access.Endpoint));
            await PutTokenAsync(new Session(connection), access);
            link = new SenderLink(new Session(connection), "telemetry-" + device.DeviceId, $"{access.EventHub}/Publishers/{access.Publisher}");
            renewAt = access.ExpiresAt - TimeSpan.FromMinutes(5);
        }
        catch (Exception failure) when (failure is AmqpException or TimeoutException or System.Net.Sockets.SocketException)
        {
            throw new HttpRequestException(failure.Message, failure);
        }
    }

    private async Task<HubAccess> AccessAsync(CancellationToken cancellationToken)
    {
        using var response = await api.CallAsync(device, HttpMethod.Post, "hub-token", null, cancellationToken);
        response.EnsureSuccessStatusCode();
        return JsonSerializer.Deserialize<HubAccess>(await response.Content.ReadAsStringAsync(cancellationToken), Web)!;
    }

    /// <summary>Claims-based security: the token goes to <c>$cbs</c> before any other link may be used.</summary>
    private static async Task PutTokenAsync(Session session, HubAccess access)
    {
        var replies = new ReceiverLink(session, "replies", new Attach { Source = new Source { Address = "$cbs" }, Target = new Target { Address = "replies" } }, null);
        var requests = new SenderLink(session, "requests", "$cbs");
        using var request = new Message(access.Token)
        {
            Properties = new() { MessageId = "1", ReplyTo = "replies" },
            ApplicationProperties = new()
            {
                ["operation"] = "put-token",
                ["type"] = "servicebus.windows.net:sastoken",
                ["name"] = $"{access.Endpoint}/{access.EventHub}/Publishers/{access.Publisher}",
            },
        };
        await requests.SendAsync(request, Timeout);
        using var reply = await replies.ReceiveAsync(Timeout) ?? throw new TimeoutException("$cbs did not answer.");
        replies.Accept(reply);
        if (reply.ApplicationProperties["status-code"] is not (>= 200 and < 300))
            throw new AmqpException(new Symbol(ErrorCode.UnauthorizedAccess), $"{reply.ApplicationProperties["status-description"]}");
        await session.CloseAsync();
    }

    private sealed record HubAccess(string Endpoint, string EventHub, string Publisher, string Token, DateTimeOffset ExpiresAt);
}
