using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace IoTBackend.Local.FunctionsHost.Functions;

internal static class FunctionDiscovery
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Every method marked as a function, internal classes too. Throws one exception that lists all that is wrong.</summary>
    public static IReadOnlyList<Function> In(IEnumerable<Type> types)
    {
        var functions = new Dictionary<string, Function>(StringComparer.OrdinalIgnoreCase);
        var errors = new List<string>();
        foreach (var method in types.SelectMany(type => type.GetMethods(Any)))
        {
            if (method.GetCustomAttribute<FunctionAttribute>() is not { } attribute)
                continue;
            var triggers = method.GetParameters().Where(parameter => parameter.GetCustomAttribute<TriggerBindingAttribute>() is not null).ToList();
            if (triggers is not [var parameter])
                errors.Add($"{attribute.Name} has {triggers.Count} triggers instead of one");
            else if (functions.ContainsKey(attribute.Name))
                errors.Add($"{attribute.Name} is declared twice");
            else
                try
                {
                    functions.Add(attribute.Name, new(attribute.Name, method, parameter, parameter.GetCustomAttribute<TriggerBindingAttribute>()!));
                }
                catch (NotSupportedException unsupported)
                {
                    errors.Add(unsupported.Message);
                }
        }
        return errors.Count == 0 ? [.. functions.Values] : throw new InvalidOperationException($"Functions: {string.Join("; ", errors)}.");
    }
}
