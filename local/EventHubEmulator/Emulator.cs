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
    private readonly WebApplication? _http;

    private Emulator(HubNamespace hubs, AmqpListener listener, WebApplication? http) => (_hubs, _listener, _http) = (hubs, listener, http);

    public int Port => _listener.Port;
    public int? HealthPort => _http is null ? null : new Uri(_http.Urls.First()).Port;

    /// <exception cref="InvalidDataException">The configuration or the data cannot be used.</exception>
    /// <exception cref="IOException">A port is taken.</exception>
    public static async Task<Emulator> StartAsync(CommandLine line, NamespaceConfig config, TimeProvider time, Action<string> report)
    {
        var options = new LogOptions
        {
            SegmentBytes = line.SegmentMegabytes * 1024L * 1024,
            Retention = TimeSpan.FromHours(line.RetentionHours),
            RetentionBytes = line.RetentionMegabytes * 1024L * 1024,
        };
        var hubs = new HubNamespace(config, line.DataDirectory, options, line.AcceptUnverifiedJwt, time, report);
        AmqpListener? listener = null;
        try
        {
            listener = Listen(hubs, line.Port);
            var http = line.HealthPort is { } port ? await HealthEndpoint.StartAsync(hubs, port) : null;
            return new(hubs, listener, http);
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
        if (_http is not null) await _http.DisposeAsync();
        await _listener.DisposeAsync();
        _hubs.Dispose();
    }

    private static AmqpListener Listen(HubNamespace hubs, int port)
    {
        try
        {
            return new(hubs, port);
        }
        catch (System.Net.Sockets.SocketException error)
        {
            throw new IOException($"port {port} cannot be used: {error.Message}. Choose another with --port.", error);
        }
    }
}
