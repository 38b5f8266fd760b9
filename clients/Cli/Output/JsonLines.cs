using System.Text.Json;
using System.Text.Json.Nodes;
using IoTBackend.Cli.Api;

namespace IoTBackend.Cli.Output;

/// <summary>Documents as JSON, several in an array or each on a line of its own.</summary>
internal static class JsonLines
{
    private static readonly JsonSerializerOptions Dense = new(Backend.Json.Options) { WriteIndented = false };

    public static string Array<T>(IReadOnlyList<T> entries)
    {
        var array = new JsonArray([.. entries.Select(entry => JsonSerializer.SerializeToNode(entry, typeof(T), Backend.Json))]);
        return array.ToJsonString(Backend.Json.Options);
    }

    public static string One<T>(T document) => (JsonSerializer.SerializeToNode(document, typeof(T), Backend.Json) ?? new JsonObject()).ToJsonString(Dense);
}
