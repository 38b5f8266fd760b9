using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;

namespace Functions.Tests.OpenApi;

/// <summary>JSON schemas of our types, as the serializer writes them and their attributes bound them; each named once.</summary>
internal sealed class Schemas
{
    private readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal);

    public SortedDictionary<string, JsonNode> Named { get; } = new(StringComparer.Ordinal);

    /// <summary>A reference for types of ours, else the schema itself.</summary>
    public JsonNode Of(Type type)
    {
        var options = new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = (context, node) => Transform(context, node) };
        return WireJson.Options.GetJsonSchemaAsNode(type, options);
    }

    private JsonObject Transform(JsonSchemaExporterContext context, JsonNode node)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        var schema = Plain(type, context.TypeInfo) ?? WithoutNull(node);
        if (IsOurs(type))
            schema = Name(type, context.TypeInfo, schema);
        if (context.PropertyInfo is not { AttributeProvider: PropertyInfo property })
            return schema;
        foreach (var rule in property.GetCustomAttributes<ValidationAttribute>())
            Bound(schema, rule);
        if (XmlDocs.Summary(property) is { } summary)
            schema["description"] = summary;
        return schema;
    }

    private JsonObject Name(Type type, JsonTypeInfo info, JsonObject schema)
    {
        if (!_types.TryAdd(type.Name, type) && _types[type.Name] != type)
            throw new InvalidOperationException($"Two types have one name in the API: {type} and {_types[type.Name]}.");
        // Within itself a type is only pointed at.
        if (!Named.ContainsKey(type.Name) && !schema.ContainsKey("$ref"))
        {
            var named = (JsonObject)schema.DeepClone();
            if (XmlDocs.Summary(type) is { } summary)
                named["description"] = summary;
            var required = Required(info, named);
            foreach (var (name, value) in (named["properties"] as JsonObject)?.Where(p => !required.Contains(p.Key)).ToArray() ?? [])
                Default(type, name, value);
            Named[type.Name] = named;
        }

        return new JsonObject { ["$ref"] = $"#/components/schemas/{type.Name}" };
    }

    /// <summary>A record's parameter counts as required for the exporter, even where null is left out of an answer.</summary>
    private static string[] Required(JsonTypeInfo info, JsonObject named)
    {
        var nullable = info.Properties.Where(p => p.IsGetNullable).Select(p => p.Name).ToHashSet();
        string[] required = [.. ((named["required"] as JsonArray) ?? []).Select(n => (string)n!).Where(n => !nullable.Contains(n))];
        if (required.Length > 0)
            named["required"] = new JsonArray([.. required.Select(n => JsonValue.Create(n))]);
        else
            named.Remove("required");
        return required;
    }

    /// <summary>The value a property has when nobody says otherwise.</summary>
    private static void Default(Type type, string name, JsonNode? schema)
    {
        if (schema is not JsonObject target || target.ContainsKey("default") || type.GetConstructor([]) is null)
            return;
        // What tells kinds apart is no property.
        if (type.GetProperties().FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is not { } property)
            return;
        if (property.GetValue(Activator.CreateInstance(type)) is int or long or double or bool or Enum)
            target["default"] = JsonSerializer.SerializeToNode(property.GetValue(Activator.CreateInstance(type)), WireJson.Options);
    }

    /// <summary>What the exporter cannot see inside converters.</summary>
    private static JsonObject? Plain(Type type, JsonTypeInfo info) => type switch
    {
        _ when type == typeof(TimeSpan) => new() { ["type"] = "string", ["format"] = "duration", ["examples"] = new JsonArray("PT1M") },
        _ when type == typeof(DateTimeOffset) => new() { ["type"] = "string", ["format"] = "date-time" },
        _ when type == typeof(Uri) => new() { ["type"] = "string", ["format"] = "uri" },
        _ when type == typeof(byte[]) => new() { ["type"] = "string", ["contentEncoding"] = "base64" },
        _ when type == typeof(object) || type == typeof(JsonElement) => [],
        _ when type.IsEnum => new() { ["type"] = "string", ["enum"] = new JsonArray([.. Enum.GetValues(type).Cast<object>().Select(v => JsonSerializer.SerializeToNode(v, type, WireJson.Options))]) },
        _ => null,
    };

    private static void Bound(JsonObject schema, ValidationAttribute rule)
    {
        switch (rule)
        {
            case RangeAttribute range:
                (schema["minimum"], schema["maximum"]) = (JsonSerializer.SerializeToNode(range.Minimum), JsonSerializer.SerializeToNode(range.Maximum));
                break;
            case DurationRangeAttribute duration:
                schema["examples"] = new JsonArray(duration.Minimum, duration.Maximum);
                break;
            case AllowedValuesAttribute allowed:
                schema["enum"] = new JsonArray([.. allowed.Values.Select(v => JsonSerializer.SerializeToNode(v))]);
                break;
            case MaxLengthAttribute most:
                schema[(string?)schema["type"] switch { "array" => "maxItems", "object" => "maxProperties", _ => "maxLength" }] = most.Length;
                break;
            case NameAttribute:
                ((schema["items"] as JsonObject) ?? schema)["pattern"] = NameAttribute.Pattern;
                break;
            case PlatformNameAttribute:
                schema["pattern"] = PlatformNameAttribute.Pattern;
                break;
        }
    }

    /// <summary>Answers leave out what is null.</summary>
    private static JsonObject WithoutNull(JsonNode node)
    {
        if (node is not JsonObject schema)
            return [];
        if (schema["type"] is JsonArray types)
            schema["type"] = types.Select(t => (string?)t).First(t => t != "null");
        if (schema.TryGetPropertyValue("default", out var none) && none is null)
            schema.Remove("default");
        return schema;
    }

    private static bool IsOurs(Type type) => type.Namespace?.StartsWith("IoTBackend.", StringComparison.Ordinal) == true;
}
