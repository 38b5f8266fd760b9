using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Configuration;
using OpenTelemetry;

namespace IoTBackend.Functions.Hosting;

/// <summary>Application Insights, as the app's identity: the component takes no key. Compiled into the Azure build only.</summary>
internal static class Exporter
{
    public static void Add(IOpenTelemetryBuilder telemetry, IConfiguration configuration)
    {
        telemetry.UseFunctionsWorkerDefaults();
        if (configuration["APPLICATIONINSIGHTS_CONNECTION_STRING"] is not { Length: > 0 })
            return;
        var identity = configuration["AZURE_CLIENT_ID"] is { Length: > 0 } id ? ManagedIdentityId.FromUserAssignedClientId(id) : ManagedIdentityId.SystemAssigned;
        telemetry.UseAzureMonitorExporter(options =>
        {
            options.Credential = new ManagedIdentityCredential(identity);
            // Traces are sampled (OTEL_TRACES_SAMPLER); a warning of a request that was not kept must arrive all the same.
            options.EnableTraceBasedLogsSampler = false;
        });
    }
}
