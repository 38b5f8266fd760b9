using System.Text.Json;

namespace Infra.Tests;

/// <summary>Those that ship, and three that reach the branches those do not; compiled once for all tests, which run one after the other.</summary>
public sealed class Profiles : IDisposable
{
    private readonly Dictionary<string, Deployment> _deployments = [];
    private JsonElement? _template;

    public static TheoryData<string> All => ["small", "dev", "prod", "closed", "http-only", "sign-in"];

    internal BicepSession Bicep { get; } = new();

    /// <summary>The whole template, as Resource Manager gets it.</summary>
    internal JsonElement Template => _template ??= Bicep.Compile(Repository.Path("infra", "main.bicep"));

    internal Deployment this[string name]
    {
        get
        {
            if (!_deployments.TryGetValue(name, out var known))
                _deployments[name] = known = Bicep.Snapshot(PathOf(name));
            return known;
        }
    }

    public static string PathOf(string name) =>
        name is "small" or "dev" or "prod" ? Repository.Path("infra", $"{name}.bicepparam") : Repository.Path("tests", "Infra.Tests", "Profiles", $"{name}.bicepparam");

    public void Dispose() => Bicep.Dispose();
}

[CollectionDefinition(Name)]
public sealed class Compiled : ICollectionFixture<Profiles>
{
    public const string Name = "compiled templates";
}
