using IoTBackend.Adapters.Changes;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Changes;
using Microsoft.Extensions.DependencyInjection;

namespace IoTBackend.Functions.Changes;

/// <summary>The cursor over what changed.</summary>
internal static class ChangesFeature
{
    public static IServiceCollection AddChanges(this IServiceCollection services)
    {
        services.AddSingleton<RecentChanges>().AddSingleton<IChangeNotes, ChangeNotes>();
        foreach (var kind in ChangeKinds.All)
            services.AddSingleton<IChangeSubscriber>(s => new ChangeEar(kind, s.GetRequiredService<RecentChanges>()));
        return services;
    }
}
