using IoTBackend.Adapters.Ingest;
using IoTBackend.Core.Ingest;
using IoTBackend.Functions.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IoTBackend.Functions.Ingest;

/// <summary>From the request to the hub, and from there to where each reading is counted or set aside.</summary>
internal static class IngestFeature
{
    public static IServiceCollection AddIngest(this IServiceCollection services, IConfiguration configuration) => services
        .AddOptionsFor<EventHubOptions>(EventHubOptions.Section)
        .AddOptionsFor<IngestOptions>(IngestOptions.Section)
        .AddSingleton(s => HubProducer.Create(configuration, s.GetRequiredService<IOptions<EventHubOptions>>().Value))
        .AddSingleton<ITelemetryLog, HubTelemetryLog>()
        .AddHostedService<WarmUp>()
        .AddSingleton<BlobDeadLetters>()
        .AddSingleton<IDeadLetters>(s => s.GetRequiredService<BlobDeadLetters>())
        .AddSingleton<IDeadLetterBox>(s => s.GetRequiredService<BlobDeadLetters>())
        .AddSingleton<ResubmitDeadLetter>()
        .AddSingleton<TelemetryMeter>()
        .AddSingleton(s => new ReadingBudgets(s.GetRequiredService<IOptions<IngestOptions>>().Value, s.GetRequiredService<TimeProvider>()))
        .AddSingleton<HubProgress>()
        .AddSingleton<AcceptTelemetry>()
        .AddSingleton<TakeTelemetry>()
        .AddSingleton<ApplyTelemetry>();
}
