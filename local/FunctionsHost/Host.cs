using System.Collections.Concurrent;
using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Http;
using IoTBackend.FunctionsHost.Settings;
using IoTBackend.FunctionsHost.Workers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IoTBackend.FunctionsHost;

/// <summary>The host: a server the worker calls in at, the worker, and in front of it HTTP and the listeners of the other triggers.</summary>
internal sealed class Host : IAsyncDisposable
{
    private readonly WebApplication protocol;
    private readonly WorkerSupervisor workers;
    private readonly WebApplication front;
    private readonly ILoggerFactory loggers;
    private int disposed;

    private Host(WebApplication protocol, WorkerSupervisor workers, WebApplication front, ILoggerFactory loggers) =>
        (this.protocol, this.workers, this.front, this.loggers) = (protocol, workers, front, loggers);

    /// <summary>Where HTTP functions are.</summary>
    public Uri Address => new(front.Urls.First());

    /// <summary>Of the process that runs the app at the moment; null while there is none.</summary>
    public int? WorkerProcessId => workers.Current?.Process.Id;

    /// <summary>Returns when requests are accepted and the triggers are fed.</summary>
    /// <exception cref="HostException">A setting is wrong or missing, or the app did not start.</exception>
    public static async Task<Host> StartAsync(HostCommand command, TimeProvider time, CancellationToken cancellationToken)
    {
        var app = AppFolder.Open(command.App);
        var fromFile = SettingFiles.LocalSettings(app.Path);
        var configuration = command.Configuration(fromFile);
        var hostJson = SettingFiles.HostJson(app.Path, configuration);
        var settings = new AppSettings(configuration);
        var host = HostSettings.Read(hostJson);
        var front = FrontServer.Prepare(settings, configuration);

        var loggers = HostLogging.Create(hostJson, configuration, command.LogsJson);
        var expected = new ConcurrentDictionary<string, WorkerConnection>();
        var protocol = await ProtocolServer.StartAsync(expected, loggers, cancellationToken);
        var workers = new WorkerSupervisor(
            app, expected, new(protocol.Urls.First()), command.OfWorker(fromFile), name => !settings.Disables(name), host.FunctionTimeout, loggers, time);
        try
        {
            var worker = await workers.StartAsync(cancellationToken);
            var functions = worker.Functions.Select(function => new Function(function)).ToList();
            var triggers = new Triggers(functions, settings, new(settings), host, app.HostId);
            settings.ThrowIfMissing();
            var server = front.Build(functions, workers, host.RoutePrefix, triggers, loggers, time);
            await server.StartAsync(cancellationToken);
            foreach (var url in server.Urls)
                Console.WriteLine($"Functions host listening on {url}");
            return new(protocol, workers, server, loggers);
        }
        catch
        {
            await workers.DisposeAsync();
            await protocol.DisposeAsync();
            loggers.Dispose();
            throw;
        }
    }

    /// <summary>Runs until asked to stop. <see cref="DisposeAsync"/> does the stopping.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var asked = Task.Delay(Timeout.Infinite, stop);
        // A listener that broke down stops the server by itself.
        await Task.WhenAny(asked, ((IHost)front).WaitForShutdownAsync(stop));
    }

    /// <summary>No new work, then what is running is finished while the worker is still there, then the worker ends.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        await front.StopAsync();
        await front.DisposeAsync();
        await workers.DisposeAsync();
        await protocol.DisposeAsync();
        loggers.Dispose();
    }
}
