using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Stack.Demo;

/// <summary>A webhook receiver on a free port of loopback: hands on every body whose signature is right, refuses the others.</summary>
internal sealed class AlertReceiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private AlertReceiver(WebApplication app) => this.app = app;

    public Uri Url => new(new Uri(app.Urls.First()), "/alerts");

    /// <param name="secret">As the channel has it.</param>
    /// <param name="time">The clock signatures are judged by.</param>
    /// <param name="received">Gets the headers and the bytes; called by several requests at once.</param>
    public static async Task<AlertReceiver> StartAsync(string secret, TimeProvider time, Action<IHeaderDictionary, byte[]> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost("/alerts", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            if (!StandardWebhook.IsGenuine(context.Request.Headers, body.ToArray(), secret, time.GetUtcNow()))
                return Results.Unauthorized();
            received(context.Request.Headers, body.ToArray());
            return Results.NoContent();
        });
        await app.StartAsync();
        return new(app);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
