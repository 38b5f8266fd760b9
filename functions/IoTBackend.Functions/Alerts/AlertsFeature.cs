using IoTBackend.Adapters.Alerts.Deliveries;
using IoTBackend.Adapters.Alerts.Deliveries.Alertmanager;
using IoTBackend.Adapters.Alerts.Deliveries.Email;
using IoTBackend.Adapters.Alerts.Deliveries.Ntfy;
using IoTBackend.Adapters.Alerts.Deliveries.PagerDuty;
using IoTBackend.Adapters.Alerts.Deliveries.Slack;
using IoTBackend.Adapters.Alerts.Deliveries.Teams;
using IoTBackend.Adapters.Alerts.Deliveries.Webhook;
using IoTBackend.Adapters.Alerts.Episodes;
using IoTBackend.Adapters.Alerts.Routing;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Devices;
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
        services.AddOptions<AlertsOptions>().Bind(configuration.GetSection(AlertsOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddHostedService<CreateQueues>()
            .AddSingleton<StorageAlertQueue>()
            .AddSingleton<IAlertQueue>(s => s.GetRequiredService<StorageAlertQueue>())
            .AddEpisodes()
            .AddDeliveries()
            .AddRouting()
            .AddSingleton<AlertMessages>();
    }

    private static IServiceCollection AddEpisodes(this IServiceCollection services) => services
        .AddSingleton<IAlertStore, TableAlerts>()
        .AddSingleton<ICommentStore, TableComments>()
        .AddSingleton<TendAlert>();

    private static IServiceCollection AddDeliveries(this IServiceCollection services) => services
        .AddSingleton<IChannelStore, TableChannels>()
        .AddSingleton<ILaneStore, TableLanes>()
        .AddSingleton<ILaneCalls, StorageLaneCalls>()
        .AddSingleton<IUndelivered, TableUndelivered>()
        .AddSingleton(s => new AlertLinks(
            Convert.FromBase64String(s.GetRequiredService<IOptions<DevicesOptions>>().Value.MasterKey),
            s.GetRequiredService<IOptions<AlertsOptions>>().Value.PublicUrl,
            s.GetRequiredService<TimeProvider>()))
        .AddSingleton<IAlertLinks>(s => s.GetRequiredService<AlertLinks>())
        .AddSingleton(s => new HttpPost(s.GetRequiredService<IOptions<AlertsOptions>>().Value, s.GetRequiredService<TimeProvider>()))
        .AddSingleton(s => s.GetRequiredService<IOptions<AlertsOptions>>().Value)
        .AddSingleton<IChannel, Webhook>()
        .AddSingleton<IChannel, Alertmanager>()
        .AddSingleton<IChannel, Slack>()
        .AddSingleton<IChannel, Teams>()
        .AddSingleton<IChannel, PagerDuty>()
        .AddSingleton<IChannel, Ntfy>()
        .AddSingleton<IChannel, Email>()
        .AddSingleton<ChannelSender>()
        .AddSingleton<CallLanes>()
        .AddSingleton<TellChannel>()
        .AddSingleton<Resend>()
        .AddSingleton<ReadAlert>()
        .AddSingleton<AlertsMeter>();

    private static IServiceCollection AddRouting(this IServiceCollection services) => services
        .AddSingleton<IMuteStore, TableMutes>()
        .AddSingleton<IRouteStore, TableRoutes>()
        .AddSingleton<IEscalationStore, TableEscalations>()
        .AddSingleton<IDueStore, TableDue>()
        .AddSingleton<IQuietHours, QuietHours>()
        .AddSingleton<AlertAudience>()
        .AddSingleton<TellAlert>()
        .AddSingleton<DispatchAlert>()
        .AddSingleton<AcknowledgeAlert>()
        .AddSingleton<EndMute>()
        .AddSingleton<RunDue>()
        .AddSingleton<KeepAlerts>();
}
