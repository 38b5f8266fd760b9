using IoTBackend.Functions.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace IoTBackend.Functions.SignIn;

/// <summary>Persons who sign in with Entra ID.</summary>
internal static class SignInFeature
{
    public static IServiceCollection AddSignIn(this IServiceCollection services) =>
        services.AddOptionsFor<SignInOptions>(SignInOptions.Section).AddSingleton<SignInGate>();
}
