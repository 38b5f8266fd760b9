using IoTBackend.Adapters.Ingest;
using IoTBackend.Adapters.Shared;
using IoTBackend.Adapters.State;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.State;
using IoTBackend.Functions.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IoTBackend.Functions.State;

/// <summary>What is known of every device, and the sweep over those who say nothing.</summary>
internal static class StateFeature
{
    public static IServiceCollection AddState(this IServiceCollection services) => services
        .AddOptionsFor<DeviceStateOptions>(DeviceStateOptions.Section)
        .AddOptionsFor<SweepOptions>(SweepOptions.Section)
        .AddOptionsFor<GroupRules>(GroupRules.Section)
        .AddSingleton(s => s.GetRequiredService<IOptions<GroupRules>>().Value)
        .AddSingleton<OutboxRelay>()
        .AddSingleton<DamagedStates>()
        .AddSingleton<TableDeviceStates>()
        .AddSingleton<IDeviceStates>(s => s.GetRequiredService<TableDeviceStates>())
        .AddSingleton<IModelLives, TableModelLives>()
        .AddSingleton<ModelLives>()
        .AddSingleton<DevicePolicies>()
        .AddSingleton<IDeviceConditions, DeviceConditions>()
        .AddSingleton<IProcessedWatermarks, ProcessedWatermarks>()
        .AddSingleton<IBackendGaps, TableBackendGaps>()
        .AddSingleton<IGroupStates, TableGroupStates>()
        .AddSingleton<ActiveMembers>()
        .AddSingleton<SweepGroups>()
        .AddSingleton<ComparePeers>()
        .AddSingleton<JudgeSilences>()
        .AddSingleton<ReadHistory>();
}
