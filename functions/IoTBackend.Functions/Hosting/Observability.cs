using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace IoTBackend.Functions.Hosting;

/// <summary>Metrics and traces of our own meters and sources. Where they go differs by build: the Exporter class in Azure/ or Local/.</summary>
internal static class Observability
{
    private const string Ours = "IoTBackend.*";

    public static IServiceCollection AddObservability(this IServiceCollection services, IConfiguration configuration)
    {
        var telemetry = services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics.AddMeter(Ours))
            .WithTracing(traces => traces.AddSource(Ours));
        Exporter.Add(telemetry, configuration);
        return services;
    }
}
