using Microsoft.Extensions.DependencyInjection;

namespace IoTBackend.Local.FunctionsHost.Functions;

/// <summary>The app's services, and which of them are the same for every invocation: those need no scope.</summary>
internal sealed class AppServices(IServiceProvider root, IServiceCollection registered)
{
    private readonly HashSet<Type> singletons = [.. registered
        .Where(service => !service.IsKeyedService)
        .GroupBy(service => service.ServiceType)
        .Where(services => services.All(service => service.Lifetime == ServiceLifetime.Singleton))
        .Select(services => services.Key)];

    public IServiceProvider Root => root;

    public bool IsSingleton(Type type) => singletons.Contains(type) || (type.IsConstructedGenericType && singletons.Contains(type.GetGenericTypeDefinition()));
}
