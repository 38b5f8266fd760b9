using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Configuration;
using OpenTelemetry;

namespace IoTBackend.Functions.Hosting;

/// <summary>
/// Where metrics and traces go: to Application Insights, as the app's identity (the component takes no key), and by OTLP to where
/// OpenTelemetry's own setting OTEL_EXPORTER_OTLP_ENDPOINT says; each only where it is set.
/// </summary>
internal static class Exporter
{
    public static bool IsConfigured(IConfiguration configuration) => HasApplicationInsights(configuration) || HasOtlp(configuration);

    public static void Add(IOpenTelemetryBuilder telemetry, IConfiguration configuration)
    {
        telemetry.UseFunctionsWorkerDefaults();
        if (HasOtlp(configuration))
            telemetry.UseOtlpExporter();
        if (HasApplicationInsights(configuration))
        {
            var identity = configuration["AZURE_CLIENT_ID"] is { Length: > 0 } id ? ManagedIdentityId.FromUserAssignedClientId(id) : ManagedIdentityId.SystemAssigned;
            telemetry.UseAzureMonitorExporter(options =>
            {
                options.Credential = new ManagedIdentityCredential(identity);
                // Traces are sampled (OTEL_TRACES_SAMPLER); a warning of a request that was not kept must arrive all the same.
                options.EnableTraceBasedLogsSampler = false;
            });
        }
    }

    private static bool HasApplicationInsights(IConfiguration configuration) => configuration["APPLICATIONINSIGHTS_CONNECTION_STRING"] is { Length: > 0 };

    private static bool HasOtlp(IConfiguration configuration) => configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 };
}
