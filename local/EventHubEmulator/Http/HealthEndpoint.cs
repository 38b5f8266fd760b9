using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using IoTBackend.EventHubEmulator.Authorization;
using IoTBackend.EventHubEmulator.Connections;
using IoTBackend.EventHubEmulator.Hubs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace IoTBackend.EventHubEmulator.Http;

/// <summary>
/// <c>GET /health</c>, and the publisher policy of the Event Hubs REST API: <c>PUT</c> and <c>DELETE /{hub}/revokedPublishers/{name}</c>,
/// <c>GET /{hub}/revokedPublishers</c>, with a signature of a rule that may manage the hub; and AMQP over a WebSocket.
/// </summary>
internal static class HealthEndpoint
{
    /// <summary>Microsoft's older name, which the JavaScript client asks for, and the registered one, which the .NET client does.</summary>
    private static readonly string[] AmqpSubprotocols = ["AMQPWSB10", "amqp"];

    /// <summary>Over TLS when there is a certificate.</summary>
    public static async Task<WebApplication> StartAsync(HubNamespace hubs, AmqpListener amqp, int port, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = kestrel.Limits.MaxConcurrentUpgradedConnections = AmqpListener.MaximumConnections;
            kestrel.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (certificate is not null) listen.UseHttps(certificate);
            });
        });
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(context => context.WebSockets.IsWebSocketRequest ? ServeWebSocketAsync(context, amqp) : AnswerAsync(context, hubs));
        await app.StartAsync();
        return app;
    }

    private static Task AnswerAsync(HttpContext context, HubNamespace hubs)
    {
        var segments = (context.Request.Path.Value ?? "").Trim('/').Split('/');
        return segments switch
        {
            ["health"] when context.Request.Method == HttpMethods.Get => context.Response.WriteAsJsonAsync(new { status = "healthy" }),
            [var hub, var kind, ..] when kind.Equals("revokedpublishers", StringComparison.OrdinalIgnoreCase) => PublishersAsync(context, hubs, hub, segments),
            _ => RefuseAsync(context, StatusCodes.Status404NotFound, "Nothing is here."),
        };
    }

    private static async Task ServeWebSocketAsync(HttpContext context, AmqpListener amqp)
    {
        var subprotocol = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(AmqpSubprotocols.Contains);
        if (subprotocol is null || !(context.Request.Path.Value ?? "").TrimEnd('/').Equals("/$servicebus/websocket", StringComparison.OrdinalIgnoreCase))
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, $"AMQP is at /$servicebus/websocket, subprotocol {string.Join(" or ", AmqpSubprotocols)}.");
            return;
        }
        using var socket = await context.WebSockets.AcceptWebSocketAsync(subprotocol);
        await amqp.ServeAsync(WebSocketStream.Create(socket, WebSocketMessageType.Binary, TimeSpan.FromSeconds(2)));
    }

    private static Task PublishersAsync(HttpContext context, HubNamespace hubs, string name, string[] segments)
    {
        try
        {
            var grant = hubs.Tokens.Verify(context.Request.Headers.Authorization.ToString(), null);
            if ((grant.Rights & AccessRights.Manage) != AccessRights.Manage || !grant.Path.Contains(EntityPath.Parse(name)))
                return RefuseAsync(context, StatusCodes.Status403Forbidden, "The signature does not allow to manage the hub.");
        }
        catch (TokenRefusedException refusal)
        {
            return RefuseAsync(context, StatusCodes.Status401Unauthorized, refusal.Message);
        }
        if (hubs.Find(name) is not { } hub) return RefuseAsync(context, StatusCodes.Status404NotFound, $"There is no hub '{name}'.");
        switch (context.Request.Method, segments.Length)
        {
            case ("GET", 2): return context.Response.WriteAsJsonAsync(hub.Revoked.Names);
            case ("PUT", 3):
                hub.Revoked.Revoke(Uri.UnescapeDataString(segments[2]));
                context.Response.StatusCode = StatusCodes.Status201Created;
                return Task.CompletedTask;
            case ("DELETE", 3):
                context.Response.StatusCode = hub.Revoked.Restore(Uri.UnescapeDataString(segments[2])) ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            default: return RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "GET, PUT or DELETE.");
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(why);
    }
}
