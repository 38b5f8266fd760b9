using System.Security.Cryptography.X509Certificates;
using IoTBackend.EventHubEmulator.Configuration;
using IoTBackend.EventHubEmulator.Connections;
using IoTBackend.EventHubEmulator.Http;
using IoTBackend.EventHubEmulator.Hubs;
using IoTBackend.EventHubEmulator.Storage;
using Microsoft.AspNetCore.Builder;

namespace IoTBackend.EventHubEmulator;

/// <summary>The running emulator; tests start it in their own process.</summary>
internal sealed class Emulator : IAsyncDisposable
{
    private readonly HubNamespace _hubs;
    private readonly AmqpListener _listener;
    private readonly WebApplication? _http, _https;

    private Emulator(HubNamespace hubs, AmqpListener listener, WebApplication? http, WebApplication? https) =>
        (_hubs, _listener, _http, _https) = (hubs, listener, http, https);

    public int Port => _listener.Port;
    public int? TlsPort => _listener.TlsPort;
    public int? HealthPort => PortOf(_http);
    public int? HttpsPort => PortOf(_https);

    /// <exception cref="InvalidDataException">The configuration or the data cannot be used.</exception>
    /// <exception cref="IOException">A port is taken.</exception>
    public static async Task<Emulator> StartAsync(CommandLine line, NamespaceConfig config, TimeProvider time, Action<string> report)
    {
        var options = new LogOptions
        {
            SegmentBytes = line.SegmentMegabytes * 1024L * 1024,
            Retention = TimeSpan.FromHours(line.RetentionHours),
            Repair = line.Repair,
            RetentionBytes = line.RetentionMegabytes * 1024L * 1024,
        };
        var hubs = new HubNamespace(config, line.DataDirectory, options, line.AcceptUnverifiedJwt, time, report);
        AmqpListener? listener = null;
        try
        {
            var certificate = (line.TlsPort ?? line.HttpsPort) is null ? null : DevelopmentCertificate.LoadOrCreate(line.DataDirectory, time);
            listener = Listen(hubs, line, certificate);
            var http = line.HealthPort is { } port ? await HealthEndpoint.StartAsync(hubs, listener, port) : null;
            var https = line.HttpsPort is { } securePort ? await HealthEndpoint.StartAsync(hubs, listener, securePort, certificate) : null;
            return new(hubs, listener, http, https);
        }
        catch
        {
            if (listener is not null) await listener.DisposeAsync();
            hubs.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // First the connections: a web server waits for its requests, and a WebSocket is one.
        await _listener.DisposeAsync();
        if (_http is not null) await _http.DisposeAsync();
        if (_https is not null) await _https.DisposeAsync();
        _hubs.Dispose();
    }

    private static int? PortOf(WebApplication? web) => web is null ? null : new Uri(web.Urls.First()).Port;

    private static AmqpListener Listen(HubNamespace hubs, CommandLine line, X509Certificate2? certificate)
    {
        try
        {
            return new(hubs, line.Port, line.TlsPort, certificate);
        }
        catch (System.Net.Sockets.SocketException error)
        {
            throw new IOException($"port {line.Port}{(line.TlsPort is { } tls ? $" or {tls}" : "")} cannot be used: {error.Message}. Choose another with --port{(line.TlsPort is null ? "" : " or --tls-port")}.", error);
        }
    }
}
