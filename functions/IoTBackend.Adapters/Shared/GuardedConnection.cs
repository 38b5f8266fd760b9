using System.Net;
using System.Net.Sockets;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Shared;

/// <summary>The target is an address that the backend does not call for anybody.</summary>
/// <param name="setting">The app setting that allows private addresses.</param>
public sealed class ForbiddenTargetException(string host, string setting)
    : Exception($"{host} leads to an address that may not be called (link-local, metadata, or private without {setting}).")
{
    /// <summary>Null = something else went wrong.</summary>
    public static ForbiddenTargetException? In(Exception? exception) => exception switch
    {
        null => null,
        ForbiddenTargetException found => found,
        AggregateException several => several.InnerExceptions.Select(In).FirstOrDefault(f => f is not null),
        _ => In(exception.InnerException),
    };
}

/// <summary>
/// Connects to addresses that were judged, and to no other: the name is resolved here, once, so that what was checked is
/// what is connected to. No proxy, no redirects, no cookies.
/// </summary>
internal static class GuardedConnection
{
    /// <param name="setting">The app setting that <paramref name="allowPrivate"/> comes from.</param>
    public static SocketsHttpHandler Handler(bool allowPrivate, string setting, TimeSpan connectTimeout) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        MaxResponseHeadersLength = 32,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectTimeout = connectTimeout,
        ConnectCallback = (context, cancellationToken) => StreamAsync(context.DnsEndPoint, allowPrivate, setting, cancellationToken),
    };

    /// <summary>A connection to a host that may be connected to.</summary>
    /// <exception cref="ForbiddenTargetException">It may not.</exception>
    public static async Task<Socket> ConnectAsync(DnsEndPoint target, bool allowPrivate, string setting, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        var allowed = Array.FindAll(addresses, address => TargetAddress.IsAllowed(address, allowPrivate));
        if (allowed.Length == 0)
            throw new ForbiddenTargetException(target.Host, setting);
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

    private static async ValueTask<Stream> StreamAsync(DnsEndPoint target, bool allowPrivate, string setting, CancellationToken cancellationToken) =>
        new NetworkStream(await ConnectAsync(target, allowPrivate, setting, cancellationToken), ownsSocket: true);
}
