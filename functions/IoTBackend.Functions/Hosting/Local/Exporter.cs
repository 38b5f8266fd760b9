using Microsoft.Extensions.Configuration;
using OpenTelemetry;

namespace IoTBackend.Functions.Hosting;

/// <summary>OTLP, to where OpenTelemetry's own setting OTEL_EXPORTER_OTLP_ENDPOINT says; without it, nowhere.</summary>
internal static class Exporter
{
    public static bool IsConfigured(IConfiguration configuration) => configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 };

    public static void Add(IOpenTelemetryBuilder telemetry, IConfiguration configuration) => telemetry.UseOtlpExporter();
}
