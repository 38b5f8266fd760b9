using Microsoft.Extensions.DependencyInjection;

namespace IoTBackend.Functions.Hosting;

internal static class Options
{
    /// <summary>Binds a section of the settings and checks it at the start, all errors at once.</summary>
    public static IServiceCollection AddOptionsFor<T>(this IServiceCollection services, string section)
        where T : class
    {
        services.AddOptions<T>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
        return services;
    }
}
