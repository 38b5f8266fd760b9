using IoTBackend.Adapters.Alerts.Deliveries;
using IoTBackend.Adapters.Alerts.Episodes;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace IoTBackend.Functions.Alerts;

/// <summary>From an alert's step to the channels that want to hear of it.</summary>
internal static class AlertsFeature
{
    public static IServiceCollection AddAlerts(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AlertsOptions>().Bind(configuration.GetSection(AlertsOptions.Section)).ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddHostedService<CreateQueues>()
            .AddSingleton<StorageAlertQueue>()
            .AddSingleton<IAlertQueue>(s => s.GetRequiredService<StorageAlertQueue>())
            .AddSingleton<StorageDeliveryQueue>()
            .AddSingleton<IDeliveryQueue>(s => s.GetRequiredService<StorageDeliveryQueue>())
            .AddSingleton<IAlertStore, TableAlerts>()
            .AddSingleton<IChannelStore, TableChannels>()
            .AddSingleton<ISilenceStore, TableSilences>()
            .AddSingleton<IDeadDeliveries, TableDeadDeliveries>()
            .AddSingleton<IChannelSender>(s => new HttpChannelSender(s.GetRequiredService<IOptions<AlertsOptions>>().Value, s.GetRequiredService<TimeProvider>()))
            .AddSingleton<ChannelTraffic>()
            .AddSingleton<AlertsMeter>()
            .AddSingleton<DispatchAlert>()
            .AddSingleton<DeliverAlert>()
            .AddSingleton<AcknowledgeAlert>()
            .AddSingleton<AlertUpkeep>()
            .AddSingleton<AlertMessages>()
            .AddSingleton<AlertRequests>()
            .AddSingleton<ChannelRequests>()
            .AddSingleton<SilenceRequests>();
    }
}
