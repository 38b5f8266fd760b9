using System.Net;
using System.Net.Sockets;
using IoTBackend.Core.Alerts.Deliveries;

namespace IoTBackend.Adapters.Alerts.Deliveries;

/// <summary>The target is an address that channels may not lead to.</summary>
public sealed class ForbiddenTargetException(string host)
    : Exception($"{host} leads to an address that channels may not use (link-local, metadata, or private without Alerts__AllowPrivateTargets).");

/// <summary>
/// Connects to addresses that were judged, and to no other: the name is resolved here, once, so that what was checked is
/// what is connected to. No proxy, no redirects, no cookies.
/// </summary>
internal static class GuardedConnection
{
    public static SocketsHttpHandler Handler(bool allowPrivate) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        MaxResponseHeadersLength = 32,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectTimeout = IChannel.Timeout,
        ConnectCallback = (context, cancellationToken) => StreamAsync(context.DnsEndPoint, allowPrivate, cancellationToken),
    };

    /// <summary>A connection to a host that may be connected to.</summary>
    /// <exception cref="ForbiddenTargetException">It may not.</exception>
    public static async Task<Socket> ConnectAsync(DnsEndPoint target, bool allowPrivate, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        var allowed = Array.FindAll(addresses, address => TargetAddress.IsAllowed(address, allowPrivate));
        if (allowed.Length == 0)
            throw new ForbiddenTargetException(target.Host);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, target.Port, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async ValueTask<Stream> StreamAsync(DnsEndPoint target, bool allowPrivate, CancellationToken cancellationToken) =>
        new NetworkStream(await ConnectAsync(target, allowPrivate, cancellationToken), ownsSocket: true);
}
