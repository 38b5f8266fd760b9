using System.Reflection;

namespace IoTBackend.Benchmarks.Costs;

/// <summary>
/// What scales together on the Flex plan: HTTP as one, every other function alone. Read off the app that this code was loaded into, by
/// the names of its attributes, since it must not bring assemblies of its own.
/// </summary>
internal sealed class ScaleGroups(IReadOnlySet<string> http)
{
    public const string Http = "http";

    public string Of(string function) => http.Contains(function) ? Http : function;

    public static ScaleGroups OfTheApp() => new(Assembly.GetEntryAssembly()!.GetTypes()
        .SelectMany(type => type.GetMethods())
        .Where(method => method.GetParameters().Any(p => p.CustomAttributes.Any(a => a.AttributeType.Name == "HttpTriggerAttribute")))
        .Select(method => method.CustomAttributes.FirstOrDefault(a => a.AttributeType.Name == "FunctionAttribute")?.ConstructorArguments[0].Value as string)
        .OfType<string>()
        .ToHashSet(StringComparer.Ordinal));
}
