using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Local.Tests.ContainerRegistry;

/// <summary>A registry that misbehaves as told.</summary>
public sealed class FakeRegistry : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeRegistry(WebApplication app, Uri endpoint) => (_app, Endpoint) = (app, endpoint);

    public Uri Endpoint { get; }

    /// <summary>Of every request for content.</summary>
    public ConcurrentQueue<string> Authorizations { get; } = [];

    public static async Task<FakeRegistry> StartAsync(byte[] content, string? namedDigest = null, bool challenge = false, Uri? redirectBlobsTo = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        var endpoint = new Uri($"http://127.0.0.1:{IoTBackend.Stack.FreePorts.Take(1)[0]}");
        builder.WebHost.UseKestrelCore().UseUrls(endpoint.ToString());
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var registry = new FakeRegistry(app, endpoint);
        app.MapPost("/oauth2/exchange", () => Results.Json(new { refresh_token = "fake-refresh" }));
        app.MapPost("/oauth2/token", () => Results.Json(new { access_token = "fake-access" }));
        app.Map("{**path}", async context =>
        {
            registry.Authorizations.Enqueue(context.Request.Headers.Authorization.ToString());
            if (challenge && context.Request.Headers.Authorization.Count == 0)
            {
                context.Response.StatusCode = 401;
                context.Response.Headers.WWWAuthenticate = "Bearer realm=\"https://elsewhere.example.com\",service=\"fake\",scope=\"repository:fleet/sensor:pull\"";
                return;
            }

            if (redirectBlobsTo is not null && context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal))
            {
                context.Response.Redirect(new Uri(redirectBlobsTo, "/blob").ToString());
                return;
            }

            if (namedDigest is not null)
                context.Response.Headers["Docker-Content-Digest"] = namedDigest;
            context.Response.ContentType = "application/vnd.oci.image.index.v1+json";
            context.Response.ContentLength = content.Length;
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
        });
        await app.StartAsync();
        return registry;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
