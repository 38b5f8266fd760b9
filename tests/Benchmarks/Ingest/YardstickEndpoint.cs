using System.Net;
using Azure.Messaging.EventHubs.Producer;
using IoTBackend.Adapters.Ingest;
using IoTBackend.Core.Readings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IoTBackend.Benchmarks.Ingest;

/// <summary>The yardsticks: Kestrel alone, reads the body and answers 202; at once, or when the hub has acknowledged the body.</summary>
internal static class YardstickEndpoint
{
    /// <summary>Environment variable with the hub's connection string; not set = nothing is appended.</summary>
    public const string HubVariable = "YARDSTICK_HUB";

    public static async Task<int> RunAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var app = builder.Build();
        await using var log = Environment.GetEnvironmentVariable(HubVariable) is { } hub
            ? new HubTelemetryLog(new EventHubProducerClient(hub, EventHubOptions.Hub), Options.Create(new EventHubOptions()), TimeProvider.System)
            : null;
        app.MapPost("/api/devices/{deviceId}/telemetry", async (HttpContext context, string deviceId) =>
        {
            var body = new byte[context.Request.ContentLength ?? 0];
            await context.Request.Body.ReadExactlyAsync(body);
            if (log is not null)
                await log.AppendAsync(new(deviceId, body, TelemetryFormat.Json, TraceParent: null), CancellationToken.None);
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"accepted":1,"rejected":[]}""");
        });
        await app.RunAsync();
        return 0;
    }
}
