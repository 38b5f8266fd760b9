using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Local.Tests.FunctionsRuntime;

/// <summary>A host in this process, on a free port, with a state directory of its own.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    public const string Key = "the-operators-key";

    private readonly IHost host;
    private readonly string state;

    private TestHost(IHost host, string state) => (this.host, this.state) = (host, state);

    public IServiceProvider Services => host.Services;

    public HttpClient Http => field ??= new() { BaseAddress = new(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };

    public static async Task<TestHost> StartAsync(Type[] functions, Action<FunctionsApplicationBuilder>? configure = null, params string[] settings)
    {
        var state = Directory.CreateTempSubdirectory("functions-").FullName;
        string[] defaults = [$"Functions:Port=0", $"Local:StateDirectory={state}", $"IOT_OPERATOR_KEY={Key}", "Logging:LogLevel:Default=None"];
        var builder = new FunctionsApplicationBuilder([.. defaults, .. settings], functions);
        builder.ConfigureFunctionsWebApplication();
        configure?.Invoke(builder);
        var host = builder.Build();
        await host.StartAsync();
        return new(host, state);
    }

    public Task StopAsync(CancellationToken cancellationToken = default) => host.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        Directory.Delete(state, recursive: true);
    }
}
