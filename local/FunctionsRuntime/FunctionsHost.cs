using IoTBackend.Local.FunctionsHost.EventHubs;
using IoTBackend.Local.FunctionsHost.Functions;
using IoTBackend.Local.FunctionsHost.Http;
using IoTBackend.Local.FunctionsHost.Queues;
using IoTBackend.Local.FunctionsHost.Settings;
using IoTBackend.Local.FunctionsHost.Storage;
using IoTBackend.Local.FunctionsHost.Timers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Local.FunctionsHost;

/// <summary>
/// A Functions host inside the app's own process: the triggers, host.json, keys and locks that Azure's host and scale controller bring.
/// </summary>
internal static class FunctionsHost
{
    public static IHost Build(
        WebApplicationBuilder builder,
        IEnumerable<Type> types,
        IEnumerable<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> middleware,
        bool servesHttp)
    {
        var settings = new AppSettings(builder.Configuration);
        var functions = FunctionDiscovery.In(types).Where(function => !settings.Disables(function.Name)).ToList();
        var http = functions.Where(function => function.Trigger is HttpTriggerAttribute).ToList();
        if (http.Count > 0 && !servesHttp)
            throw new InvalidOperationException("HTTP functions need builder.ConfigureFunctionsWebApplication().");
        var hostJson = SettingFiles.HostJson(builder.Configuration);
        var host = HostSettings.Read(hostJson);
        var values = new Values(builder.Configuration);
        var drain = values.Duration("Functions:DrainTimeout", TimeSpan.FromSeconds(30), TimeSpan.Zero, TimeSpan.FromMinutes(10));
        values.ThrowIfInvalid("App settings");
        var addresses = ListenAddresses.From(settings);
        var invoker = new Invoker(Invoker.Pipeline(middleware));

        var connections = new StorageConnections(settings);
        var feeds = functions.Except(http).Select(function => Feed(function, settings, connections, host)).ToList();
        if (feeds.Count > 0)
            connections.Require(StorageConnections.Host);
        settings.ThrowIfMissing();

        Log(builder, hostJson);
        builder.Services.AddRoutingCore();
        if (http.Any(function => ReturnsActionResult(function)))
            builder.Services.AddMvcCore();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = drain);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            ListenAddresses.Limit(kestrel, settings);
            foreach (var address in addresses)
                kestrel.Listen(address);
        });
        builder.Services.AddSingleton(services => new AppServices(services, builder.Services));
        builder.Services.AddSingleton<IHostedService>(services =>
        {
            var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
            var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Host");
            var app = services.GetRequiredService<AppServices>();
            var listeners = functions.Except(http).Zip(feeds, (function, feed) => feed(new(function, invoker, app, time, logger)));
            return new Listeners([.. listeners], services.GetRequiredService<IHostApplicationLifetime>(), logger);
        });

        var app = builder.Build();
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Host");
        var state = Path.GetFullPath(settings["Local__StateDirectory"] ?? ".local", builder.Environment.ContentRootPath);
        var key = http.Any(HttpFunction.NeedsKey) ? OperatorKey.Open(state, settings["IOT_OPERATOR_KEY"]) : null;
        HttpEndpoints.Map(app, http, host.RoutePrefix, function =>
            new(function, invoker, app.Services.GetRequiredService<AppServices>(), HttpFunction.NeedsKey(function) ? key : null, logger));
        Announce(app);
        return app;
    }

    /// <summary>Checks a trigger's settings at once and makes its listener later, when there are services to make it with.</summary>
    private static Func<BackgroundCall, IListener> Feed(Function function, AppSettings settings, StorageConnections connections, HostSettings host) =>
        function.Trigger switch
        {
            TimerTriggerAttribute timer => TimerFeed.Prepare(timer, settings, connections),
            EventHubTriggerAttribute hub => EventHubFeed.Prepare(hub, settings, connections, host.EventHubs),
            QueueTriggerAttribute queue => QueueFeed.Prepare(queue, settings, connections, host.Queues),
            _ => throw new NotSupportedException($"{function.Name}: a {function.Trigger.GetType().Name} starts nothing here."),
        };

    private static bool ReturnsActionResult(Function function)
    {
        var type = function.Method.ReturnType;
        return typeof(IActionResult).IsAssignableFrom(type.IsGenericType ? type.GetGenericArguments()[0] : type);
    }

    /// <summary>Levels as host.json and <c>Logging__LogLevel__*</c> say, on the console.</summary>
    private static void Log(WebApplicationBuilder builder, IConfiguration hostJson)
    {
        builder.Logging.AddSimpleConsole(console => (console.TimestampFormat, console.UseUtcTimestamp) = ("HH:mm:ss.fff ", true));
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        // Enabled for anything at all, it makes an activity of its own for every request.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Logging.AddConfiguration(hostJson.GetSection("logging"));
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
    }

    private static void Announce(WebApplication app) => app.Lifetime.ApplicationStarted.Register(() =>
    {
        foreach (var address in app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
            Console.WriteLine($"Functions host listening on {address}");
    });
}
