using IoTBackend.Adapters.Ingest;
using IoTBackend.Adapters.Shared;
using IoTBackend.Adapters.State;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.State;
using IoTBackend.Functions.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IoTBackend.Functions.Telemetry;

/// <summary>From the request to the stored state, and the sweep over those who say nothing.</summary>
internal static class TelemetryFeature
{
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration) => services
        .AddOptionsFor<EventHubOptions>(EventHubOptions.Section)
        .AddOptionsFor<IngestOptions>(IngestOptions.Section)
        .AddOptionsFor<DeviceStateOptions>(DeviceStateOptions.Section)
        .AddOptionsFor<SweepOptions>(SweepOptions.Section)
        .AddOptionsFor<GroupRules>(GroupRules.Section)
        .AddSingleton(s => HubProducer.Create(configuration, s.GetRequiredService<IOptions<EventHubOptions>>().Value))
        .AddSingleton<ITelemetryLog, HubTelemetryLog>()
        .AddHostedService<WarmUp>()
        .AddSingleton<BlobDeadLetters>()
        .AddSingleton<IDeadLetters>(s => s.GetRequiredService<BlobDeadLetters>())
        .AddSingleton<IDeadLetterBox>(s => s.GetRequiredService<BlobDeadLetters>())
        .AddSingleton<ResubmitDeadLetter>()
        .AddSingleton<OutboxRelay>()
        .AddSingleton<IDeviceStates, TableDeviceStates>()
        .AddSingleton<DevicePolicies>()
        .AddSingleton<IDeviceConditions, DeviceConditions>()
        .AddSingleton<TelemetryMeter>()
        .AddSingleton(s => new ReadingBudgets(s.GetRequiredService<IOptions<IngestOptions>>().Value, s.GetRequiredService<TimeProvider>()))
        .AddSingleton<HubProgress>()
        .AddSingleton<IProcessedWatermarks, ProcessedWatermarks>()
        .AddSingleton<IBackendGaps, TableBackendGaps>()
        .AddSingleton<IGroupStates, TableGroupStates>()
        .AddSingleton<ActiveMembers>()
        .AddSingleton(s => s.GetRequiredService<IOptions<GroupRules>>().Value)
        .AddSingleton<SweepGroups>()
        .AddSingleton<Core.State.ComparePeers>()
        .AddSingleton<Core.Ingest.AcceptTelemetry>()
        .AddSingleton<Core.Ingest.ApplyTelemetry>()
        .AddSingleton<Core.State.JudgeSilences>()
        .AddSingleton<TelemetryRequest>();
}
