using System.Diagnostics;
using System.Net;
using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Settings;
using IoTBackend.FunctionsHost.Workers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace IoTBackend.FunctionsHost.Http;

/// <summary>The server that callers see, and what runs and stops with it. Its settings are checked before the worker is started.</summary>
internal sealed class FrontServer
{
    private readonly AppSettings settings;
    private readonly IReadOnlyList<IPEndPoint> addresses;
    private readonly TimeSpan drain;

    private FrontServer(AppSettings settings, IReadOnlyList<IPEndPoint> addresses, TimeSpan drain) =>
        (this.settings, this.addresses, this.drain) = (settings, addresses, drain);

    public static FrontServer Prepare(AppSettings settings, IConfiguration configuration)
    {
        var values = new Values(configuration);
        var drain = values.Duration("Functions:DrainTimeout", TimeSpan.FromSeconds(30), TimeSpan.Zero, TimeSpan.FromMinutes(10));
        values.ThrowIfInvalid("App settings");
        return new(settings, ListenAddresses.From(settings), drain);
    }

    public WebApplication Build(
        IReadOnlyList<Function> functions, WorkerSupervisor workers, string routePrefix, Triggers triggers, ILoggerFactory loggers, TimeProvider time)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.Services.AddHttpForwarder();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = drain);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            ListenAddresses.Limit(kestrel, settings);
            foreach (var address in addresses)
                kestrel.Listen(address);
        });
        var logger = loggers.CreateLogger("Host");
        builder.Services.AddSingleton<IHostedService>(services =>
            new Listeners(triggers.Listeners(workers.InvokeAsync, time, logger), services.GetRequiredService<IHostApplicationLifetime>(), logger));
        var app = builder.Build();

        var http = functions.Where(Triggers.IsHttp).ToList();
        var state = Path.GetFullPath(settings["Local__StateDirectory"] ?? ".local");
        var key = http.Any(HttpFunction.NeedsKey) ? OperatorKey.Open(state, settings["IOT_OPERATOR_KEY"]) : null;
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        var client = Client();
        HttpEndpoints.Map(app, http, routePrefix, function =>
            new(function, workers, forwarder, client, HttpFunction.NeedsKey(function) ? key : null, logger));
        return app;
    }

    /// <summary>To the worker, unchanged: nothing is followed, unpacked, remembered or added.</summary>
    private static HttpMessageInvoker Client() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        ConnectTimeout = TimeSpan.FromSeconds(15),
    });
}
