using IoTBackend.Stack.Demo;
using Local.Tests.ContainerRegistry;

[assembly: AssemblyFixture(typeof(Agent.Tests.Engines.EngineFixture))]
// They wait for engines most of the time.
[assembly: CollectionBehavior(MaxParallelThreads = 5)]

namespace Agent.Tests.Engines;

/// <summary>A registry with images of every kind and the engines that are installed, once for all tests. Each test is a device of its own.</summary>
public sealed class EngineFixture : IAsyncLifetime
{
    private readonly Dictionary<string, EngineProcess> _engines = [];
    private readonly Dictionary<string, string> _digests = [];

    internal RegistryProcess? Registry { get; private set; }

    /// <summary>By engine, why it is not there.</summary>
    public static string? WhyNot(string kind) => RegistryProcess.IsInstalled ? EngineCommand.WhyNot(kind) : RegistryProcess.NotInstalled;

    internal EngineProcess Engine(string kind) => _engines[kind];

    public string Image(string name) => $"{Registry!.Host}/agent/{name}@{_digests[name]}";

    public async ValueTask InitializeAsync()
    {
        string[] kinds = [.. new[] { "docker", "podman" }.Where(kind => WhyNot(kind) is null)];
        if (kinds.Length == 0)
            return;
        Registry = await RegistryProcess.StartAsync();
        await Task.WhenAll(
            PushAsync("good"),
            PushAsync("better", "--content", "better"),
            PushAsync("large", "--megabytes", "40", "--platform", "linux/amd64", "--platform", "linux/arm64"),
            PushAsync("exits", "--exits"),
            PushAsync("healthy", "--health", "ok", "--docker"),
            PushAsync("never", "--health", "never", "--docker"),
            PushAsync("hangs", "--health", "hangs", "--docker"),
            PushAsync("foreign", "--platform", "linux/s390x"),
            PushAsync("greedy", "--label", "io.fleet.run.privileged=true"));
        foreach (var kind in kinds)
            _engines[kind] = await EngineProcess.StartAsync(kind, Registry.Host);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in _engines.Values)
            await engine.DisposeAsync();
        if (Registry is not null)
            await Registry.DisposeAsync();
    }

    private async Task PushAsync(string name, params string[] options)
    {
        var digest = await Registry!.PushAsync("1.0.0", ["--repository", $"agent/{name}", .. options]);
        lock (_digests)
            _digests[name] = digest;
    }
}
