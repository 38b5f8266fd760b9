using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IoTBackend.Functions.Hosting;

/// <summary>
/// Metrics and traces of our own meters and sources.
/// Where they go nowhere nobody listens either, and a request costs no span.
/// </summary>
internal static class Observability
{
    private const string Ours = "IoTBackend.*";

    public static IServiceCollection AddObservability(this IServiceCollection services, IConfiguration configuration)
    {
        if (!Exporter.IsConfigured(configuration))
            return services;
        var telemetry = services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics.AddMeter(Ours))
            .WithTracing(traces => traces.AddSource(Ours));
        Exporter.Add(telemetry, configuration);
        return services;
    }
}
