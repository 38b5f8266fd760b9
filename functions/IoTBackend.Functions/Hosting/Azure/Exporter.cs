using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Configuration;
using OpenTelemetry;

namespace IoTBackend.Functions.Hosting;

/// <summary>Application Insights, as the app's identity: the component takes no key. Compiled into the Azure build only.</summary>
internal static class Exporter
{
    public static bool IsConfigured(IConfiguration configuration) => configuration["APPLICATIONINSIGHTS_CONNECTION_STRING"] is { Length: > 0 };

    public static void Add(IOpenTelemetryBuilder telemetry, IConfiguration configuration)
    {
        var identity = configuration["AZURE_CLIENT_ID"] is { Length: > 0 } id ? ManagedIdentityId.FromUserAssignedClientId(id) : ManagedIdentityId.SystemAssigned;
        telemetry.UseFunctionsWorkerDefaults();
        telemetry.UseAzureMonitorExporter(options =>
        {
            options.Credential = new ManagedIdentityCredential(identity);
            // Traces are sampled (OTEL_TRACES_SAMPLER); a warning of a request that was not kept must arrive all the same.
            options.EnableTraceBasedLogsSampler = false;
        });
    }
}
