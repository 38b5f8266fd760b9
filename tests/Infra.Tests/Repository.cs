using System.Reflection;

namespace Infra.Tests;

/// <summary>Where things are; written into the assembly when it is built.</summary>
internal static class Repository
{
    public static string Root { get; } = Metadata("Root");

    public static string Bicep { get; } = Metadata("Bicep");

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    public static string Read(params string[] parts) => File.ReadAllText(Path(parts));

    private static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;
}
