using System.Collections.Concurrent;
using Local.Tests.ContainerRegistry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Adapters.Tests.Releases.Images;

/// <summary>A registry that answers as a test says, at any path; it counts what it was asked.</summary>
internal sealed class OwnRegistry : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OwnRegistry(WebApplication app, Uri endpoint) => (_app, Endpoint) = (app, endpoint);

    public Uri Endpoint { get; }

    /// <summary>Method, path and authorization of each request.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Bytes of endless answers that somebody took.</summary>
    public long Sent;

    public static async Task<OwnRegistry> StartAsync(Func<HttpContext, OwnRegistry, Task> answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        var endpoint = new Uri($"http://127.0.0.1:{IoTBackend.Stack.FreePorts.Take(1)[0]}");
        builder.WebHost.UseKestrelCore().UseUrls(endpoint.ToString());
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var registry = new OwnRegistry(app, endpoint);
        app.Map("{**path}", async context =>
        {
            registry.Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {context.Request.Headers.Authorization}".TrimEnd());
            await answer(context, registry);
        });
        await app.StartAsync();
        return registry;
    }

    /// <summary>Writes for as long as anybody reads.</summary>
    public async Task WriteForeverAsync(HttpContext context)
    {
        var chunk = new byte[64 * 1024];
        chunk.AsSpan().Fill((byte)' ');
        try
        {
            while (Sent < 1L << 30)
            {
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
                // Writes into a connection that is gone succeed at once, before anybody says that it is gone.
                await Task.Delay(1, context.RequestAborted);
                Interlocked.Add(ref Sent, chunk.Length);
            }
        }
        catch (OperationCanceledException)
        {
            // They had enough.
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
