using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Local.FunctionsHost.Functions;

/// <summary>A parameter by name from the route, else from the query.</summary>
internal static class RouteArgument
{
    /// <summary>The reader for a type: a string or anything that parses, nullable or not; null where there is none.</summary>
    public static MethodInfo? For(Type type)
    {
        if (type == typeof(string))
            return ((Func<Invocation, string, string?>)Text).Method;
        var parsed = Nullable.GetUnderlyingType(type) ?? type;
        var parsable = parsed.GetInterfaces().Any(face =>
            face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IParsable<>) && face.GetGenericArguments()[0] == parsed);
        if (!parsable || !parsed.IsValueType)
            return null;
        var name = parsed == type ? nameof(Required) : nameof(Optional);
        return typeof(RouteArgument).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(parsed);
    }

    private static string? Text(Invocation invocation, string name)
    {
        var request = invocation.Request;
        return request.RouteValues.TryGetValue(name, out var value) && value is string text ? text
            : request.QueryString.HasValue && request.Query.TryGetValue(name, out var query) ? query.ToString()
            : null;
    }

    private static T Required<T>(Invocation invocation, string name) where T : struct, IParsable<T> =>
        Optional<T>(invocation, name) ?? throw new BadHttpRequestException($"'{name}' is missing.");

    private static T? Optional<T>(Invocation invocation, string name) where T : struct, IParsable<T> =>
        Text(invocation, name) is not { Length: > 0 } text ? null
        : T.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value
        : throw new BadHttpRequestException($"'{name}' is not a valid {typeof(T).Name}.");
}
