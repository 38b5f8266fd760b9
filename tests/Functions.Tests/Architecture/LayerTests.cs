using System.Reflection;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Shared;

namespace Functions.Tests.Architecture;

/// <summary>Dependencies point one way: Functions to Adapters to Core.</summary>
public sealed class LayerTests
{
    [Fact]
    public void Core_knows_no_package_of_Azure_and_nobody_above_it() =>
        Assert.DoesNotContain(References(typeof(UnavailableException).Assembly), name =>
            name.StartsWith("Azure.", StringComparison.Ordinal) || name.StartsWith("Microsoft.Azure", StringComparison.Ordinal)
            || name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) || name.StartsWith("IoTBackend.", StringComparison.Ordinal));

    [Fact]
    public void Adapters_know_Core_and_neither_the_functions_nor_their_host()
    {
        var references = References(typeof(StorageClients).Assembly);
        Assert.Contains("IoTBackend.Core", references);
        Assert.DoesNotContain("IoTBackend.Functions", references);
        Assert.DoesNotContain("IoTBackend.Local.FunctionsRuntime", references);
    }

    [Fact]
    public void A_class_of_the_functions_is_not_called_like_one_of_the_rules()
    {
        string[] rules = [.. Names(typeof(UnavailableException).Assembly)];
        Assert.Empty(Names(typeof(IoTBackend.Functions.Ingest.ProcessTelemetry).Assembly).Intersect(rules));
    }

    [Fact]
    public void The_app_does_not_ask_which_build_it_is()
    {
        var functions = Path.Combine(Root(), "functions");
        var asking = Directory.EnumerateFiles(functions, "*.cs", SearchOption.AllDirectories)
            .Where(file => File.ReadLines(file).Any(line => line.TrimStart().StartsWith("#if", StringComparison.Ordinal)));
        Assert.Empty(asking);
    }

    private static IEnumerable<string> Names(Assembly assembly) =>
        assembly.GetTypes().Where(type => !type.IsNested && type.Namespace?.StartsWith("IoTBackend.", StringComparison.Ordinal) == true).Select(type => type.Name);

    private static string[] References(Assembly assembly) => [.. assembly.GetReferencedAssemblies().Select(a => a.Name!)];

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "IoTBackend.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("Not inside the repository.");
        return folder.FullName;
    }
}
