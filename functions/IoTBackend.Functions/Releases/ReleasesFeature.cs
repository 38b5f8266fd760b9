using Azure.Identity;
using IoTBackend.Adapters.Releases;
using IoTBackend.Adapters.Releases.Desired;
using IoTBackend.Adapters.Releases.Images;
using IoTBackend.Adapters.Releases.Rollout;
using IoTBackend.Adapters.Shared;
using IoTBackend.Adapters.State;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Pushes;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.State;
using IoTBackend.Functions.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IoTBackend.Functions.Releases;

/// <summary>
/// From a push to what a device is to run. Settings: <c>Releases__Credentials__{name}</c> = <c>user:password</c> for a registry that names it,
/// <c>Releases__IdentityClientId</c> = the managed identity that reads ACR (default: the system-assigned one),
/// <c>Releases__AllowPrivateRegistries</c> (default false).
/// </summary>
internal static class ReleasesFeature
{
    public static IServiceCollection AddReleases(this IServiceCollection services, IConfiguration configuration) => services
        .AddOptionsFor<DesiredOptions>(DesiredOptions.Section)
        .AddStores()
        .AddSingleton(s => new RegistryClients(
            new ManagedIdentityCredential(configuration["Releases:IdentityClientId"] is { Length: > 0 } id
                ? ManagedIdentityId.FromUserAssignedClientId(id)
                : ManagedIdentityId.SystemAssigned),
            configuration,
            configuration.GetSection(RegistryOptions.Section).Get<RegistryOptions>() ?? new(),
            s.GetRequiredService<TimeProvider>()))
        .AddSingleton<RegistryRests>()
        .AddSingleton<IRegistryReader, RegistryReader>()
        .AddSingleton<TakePushEvent>()
        .AddSingleton<DecideRelease>()
        .AddSingleton<FollowTag>()
        .AddSingleton<EvidenceReader>()
        .AddSingleton<Gatekeeper>()
        .AddSingleton<OperatorDecisions>()
        .AddSingleton<FollowPush>()
        .AddSingleton<Sightings>()
        .AddSingleton<GroupSilences>()
        .AddSingleton<PlanRollout>()
        .AddSingleton<JoinDevices>()
        .AddSingleton<StartRollout>()
        .AddSingleton<RolloutNews>()
        .AddSingleton<RunRollout>()
        .AddSingleton<OperateRollout>()
        .AddSingleton<MakeOffers>()
        .AddSingleton<SetDesired>()
        .AddSingleton<ReconcilePushes>()
        .AddSingleton<ReleaseProgress>()
        .AddSingleton<DryRun>()
        .AddSingleton<FleetImages>()
        .AddSingleton<Exposure>()
        .AddSingleton<TrackPins>()
        .AddSingleton<IReleasePause>(s => s.GetRequiredService<OperateRollout>())
        .AddSingleton<WatchReleases>()
        .AddSingleton<LookAgain>()
        .AddSingleton<ReadDesired>()
        .AddSingleton<DesiredMessages>()
        .AddSingleton<OfferToNewDevices>()
        .AddSingleton<IChangeSubscriber>(s => s.GetRequiredService<OfferToNewDevices>())
        .AddHostedService(s => s.GetRequiredService<OfferToNewDevices>())
        .AddSingleton<ReleasesMeter>();

    private static IServiceCollection AddStores(this IServiceCollection services) => services
        .AddSingleton<IRegistries, TableRegistries>()
        .AddSingleton<ITracks, TableTracks>()
        .AddSingleton<IReleases, TableReleases>()
        .AddSingleton<IEvidenceStore, BlobEvidence>()
        .AddSingleton<IFleetPictures, BlobFleetPictures>()
        .AddSingleton<IRolloutStore, TableRollouts>()
        .AddSingleton<IImageNames, ReleaseNames>()
        .AddSingleton<IRunningImages>(s => s.GetRequiredService<TableDeviceStates>())
        .AddSingleton<TableDesiredStates>()
        .AddSingleton<IDesiredStates>(s => s.GetRequiredService<TableDesiredStates>())
        .AddSingleton<IMessageDeliveries, TableMessageDeliveries>()
        .AddSingleton(s => new DesiredVersions(s.GetRequiredService<TimeProvider>(), s.GetRequiredService<IOptions<DesiredOptions>>().Value.MaxWaiting))
        .AddSingleton<IDesiredVersions>(s => s.GetRequiredService<DesiredVersions>())
        .AddSingleton<IChangeSubscriber, DesiredVersionsFeed>()
        .AddSingleton<ReleaseQueues>()
        .AddSingleton<IReleaseWork>(s => s.GetRequiredService<ReleaseQueues>())
        .AddHostedService(s => s.GetRequiredService<ReleaseQueues>());
}
