using System.Globalization;
using System.Text.Json;
using IoTBackend.Core.Shared;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Http;

/// <summary>Reads a request's query into a record, as strictly as a body: unknown parameters, repeated ones and values out of range are refused.</summary>
internal static class Query
{
    /// <summary>Parameters of the platform: a function key and its client.</summary>
    private static readonly string[] Platforms = ["code", "clientId"];

    /// <typeparam name="T">One property per parameter, with its default and the attributes that bound it; named by the function's <see cref="AsksAttribute{T}"/>.</typeparam>
    public static Result<T> Read<T>(HttpRequest request)
        where T : notnull
    {
        var given = new Dictionary<string, object>();
        foreach (var (name, values) in request.Query.Where(p => !IsPlatforms(p.Key)))
        {
            if (values.Count > 1)
                return Result<T>.Rejected($"The query parameter '{Short(name)}' is given {values.Count} times.");
            if (values.ToString() is { Length: > 0 } text)
                given[name] = Value(text, name, typeof(T));
        }

        return StrictJson.Read<T>(JsonSerializer.SerializeToElement(given), "The query parameter");
    }

    /// <summary>The first parameter of a request that may have none; null = it has none.</summary>
    public static string? RefuseAny(HttpRequest request) => request.QueryString.HasValue && request.Query.Keys.FirstOrDefault(key => !IsPlatforms(key)) is { } name
        ? $"The query parameter '{Short(name)}' is not known; none is taken here."
        : null;

    private static object Value(string text, string name, Type type)
    {
        var property = type.GetProperties().FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        var wanted = property is null ? typeof(string) : Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return wanted switch
        {
            _ when (wanted == typeof(int) || wanted == typeof(long)) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
            _ when wanted == typeof(bool) && bool.TryParse(text, out var truth) => truth,
            _ => text,
        };
    }

    private static bool IsPlatforms(string name) => Platforms.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static string Short(string name) => new([.. name.Take(64).Select(c => char.IsControl(c) ? '?' : c)]);
}
