using System.Net;
using IoTBackend.FunctionsHost.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace IoTBackend.FunctionsHost.Http;

/// <summary>Where the host listens: <c>Functions__Port</c>, else <c>ASPNETCORE_URLS</c>, else port 7071. Loopback only; 0 = any free port.</summary>
internal static class ListenAddresses
{
    public static IReadOnlyList<IPEndPoint> From(AppSettings settings)
    {
        if (settings["Functions__Port"] is { Length: > 0 } port)
            return [new(IPAddress.Loopback, ushort.TryParse(port, out var number) ? number : throw Invalid($"Functions__Port={port}"))];
        var urls = settings["ASPNETCORE_URLS"] is { Length: > 0 } given ? given : "http://127.0.0.1:7071";
        return [.. urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse)];
    }

    public static void Limit(KestrelServerOptions kestrel, AppSettings settings)
    {
        kestrel.AddServerHeader = false;
        // The Functions setting of that name; its default of 210 MB is far beyond anything this app takes, 20 MiB of evidence.
        kestrel.Limits.MaxRequestBodySize =
            long.TryParse(settings["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"], out var bytes) && bytes > 0 ? bytes : 25 * 1024 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
    }

    private static IPEndPoint Parse(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp)
            throw Invalid(url);
        if (uri.Host is "localhost")
            return new(IPAddress.Loopback, uri.Port);
        return IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address) ? new(address, uri.Port) : throw Invalid(url);
    }

    private static HostException Invalid(string text) =>
        new($"The local host listens on loopback over plain HTTP only, for example http://127.0.0.1:7071; not on {text}.");
}
