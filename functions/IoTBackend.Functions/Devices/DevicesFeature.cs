using IoTBackend.Adapters.Devices;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Devices.Enrolment;
using IoTBackend.Core.State;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace IoTBackend.Functions.Devices;

/// <summary>Registration, credentials and the list of the fleet.</summary>
internal static class DevicesFeature
{
    public static IServiceCollection AddDevices(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DevicesOptions>().Bind(configuration.GetSection(DevicesOptions.Section))
            .Validate(o => o.HasMasterKey, DevicesOptions.MasterKeyRule).ValidateOnStart();
        services.AddOptions<HubTokenOptions>().Bind(configuration.GetSection(HubTokenOptions.Section))
            .Validate(o => o.IsWhole, HubTokenOptions.Rule).ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ChangeFeed>();
        return services
            .AddStores()
            .AddSingleton(s => s.GetRequiredService<IOptions<DevicesOptions>>().Value.CreateKeys())
            .AddSingleton(s => s.GetRequiredService<IOptions<DevicesOptions>>().Value.CreateSealedSecrets())
            .AddSingleton(s => s.GetRequiredService<IOptions<DevicesOptions>>().Value.CreateClaimTokens())
            .AddSingleton(s => new DeviceAuthentication(
                s.GetRequiredService<DeviceKeys>(), s.GetRequiredService<IDeviceExceptions>(), s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<IOptions<DevicesOptions>>().Value.HostName))
            .AddSingleton(s => new HubTokens(s.GetRequiredService<IOptions<HubTokenOptions>>().Value, s.GetRequiredService<TimeProvider>()))
            .AddSingleton<AuthenticationFailures>()
            .AddSingleton<AuthenticationAlerts>()
            .AddHostedService(s => s.GetRequiredService<AuthenticationAlerts>())
            .AddSingleton<DeviceRegistration>()
            .AddSingleton<EnrolDevice>()
            .AddSingleton<RemoveDevice>()
            .AddSingleton<DevicesMeter>()
            .AddSingleton<DeviceGate>()
            .AddSingleton<Fleet>()
            .AddSingleton<FleetView>()
            .AddSingleton<IChangeSubscriber, FleetViewFeed>();
    }

    private static IServiceCollection AddStores(this IServiceCollection services) => services
        .AddSingleton<TableModels>()
        .AddSingleton<IModelStore>(s => s.GetRequiredService<TableModels>())
        .AddSingleton<IClaimStore, TableClaims>()
        .AddSingleton<TableDeviceExceptions>()
        .AddSingleton<TableDevices>()
        .AddSingleton<IDeviceStore>(s => s.GetRequiredService<TableDevices>())
        .AddSingleton<IDeviceRegistry>(s => s.GetRequiredService<TableDevices>())
        .AddSingleton<IDeviceListing>(s => s.GetRequiredService<TableDevices>())
        .AddSingleton<LiveDeviceExceptions>()
        .AddSingleton<IDeviceExceptions>(s => s.GetRequiredService<LiveDeviceExceptions>())
        .AddSingleton<IChangeSubscriber>(s => s.GetRequiredService<LiveDeviceExceptions>())
        .AddSingleton<DeviceCatalog>()
        .AddSingleton<IDeviceCatalog>(s => s.GetRequiredService<DeviceCatalog>())
        .AddSingleton<IChangeSubscriber>(s => s.GetRequiredService<DeviceCatalog>().OfDevices)
        .AddSingleton<IChangeSubscriber>(s => s.GetRequiredService<DeviceCatalog>().OfModels);
}
