using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace IoTBackend.Benchmarks.Ingest;

/// <summary>The other yardstick: a plain YARP hop, the least that a request costs which goes to another process.</summary>
internal static class YardstickHop
{
    public static async Task<int> RunAsync(int port, int target)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddHttpForwarder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var app = builder.Build();
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null });
        var options = new ForwarderRequestConfig { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        app.Map("/{**path}", async (HttpContext http) => { await forwarder.SendAsync(http, $"http://127.0.0.1:{target}", client, options, HttpTransformer.Default); });
        await app.RunAsync();
        return 0;
    }
}
