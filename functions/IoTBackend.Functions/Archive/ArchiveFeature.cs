using IoTBackend.Adapters.Archive;
using IoTBackend.Core.State;
using IoTBackend.Functions.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace IoTBackend.Functions.Archive;

/// <summary>What came, as it came.</summary>
internal static class ArchiveFeature
{
    public static IServiceCollection AddArchive(this IServiceCollection services) => services
        .AddOptionsFor<ArchiveOptions>(ArchiveOptions.Section)
        .AddSingleton<TelemetryArchive>()
        .AddSingleton<IReadingArchive, ArchiveSearch>();
}
