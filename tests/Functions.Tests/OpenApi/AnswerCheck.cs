using System.Globalization;
using System.Text.Json;

namespace Functions.Tests.OpenApi;

/// <summary>Holds a real answer against the description, which is checked in as it is made: a member it does not name is as wrong as one of another kind.</summary>
internal static class AnswerCheck
{
    private static readonly JsonElement Document = JsonDocument.Parse(ApiDocument.Create().ToJsonString()).RootElement;

    private static readonly Dictionary<string, JsonElement> Operations =
        Document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).Where(o => o.Name != "parameters")
            .DistinctBy(o => o.Value.GetProperty("operationId").GetString()).ToDictionary(o => o.Value.GetProperty("operationId").GetString()!, o => o.Value);

    public static void Holds(string function, int status, JsonElement? body)
    {
        var operation = Operations[function];
        Assert.True(operation.GetProperty("responses").TryGetProperty($"{status}", out var response), $"{function} answers {status}, which is not described.");
        response = Resolved(response);
        if (!response.TryGetProperty("content", out var content))
        {
            Assert.True(body is null, $"{function} {status} has a body, which is not described.");
            return;
        }

        Assert.True(body is not null, $"{function} {status} has no body.");
        Check(body.Value, content.EnumerateObject().First().Value.GetProperty("schema"), $"{function} {status}");
    }

    private static void Check(JsonElement value, JsonElement schema, string at)
    {
        schema = Resolved(schema);
        if (schema.TryGetProperty("enum", out var allowed))
            Assert.True(allowed.EnumerateArray().Any(a => JsonElement.DeepEquals(a, value)), $"{at}: {value} is none of {allowed}");
        if (!schema.TryGetProperty("type", out var type))
            return;
        Assert.True(IsOf(value, type.GetString()!), $"{at}: {value} is not of type {type}");
        if (schema.TryGetProperty("format", out var format) && format.GetString() == "date-time")
            Assert.True(DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, out _), $"{at}: {value} is no time");
        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
            Assert.All(value.EnumerateArray(), item => Check(item, items, $"{at}[]"));
        if (value.ValueKind == JsonValueKind.Object)
            CheckMembers(value, schema, at);
    }

    private static JsonElement Resolved(JsonElement node) => node.TryGetProperty("$ref", out var reference)
        ? reference.GetString()![2..].Split('/').Aggregate(Document, (at, part) => at.GetProperty(part))
        : node;

    private static void CheckMembers(JsonElement value, JsonElement schema, string at)
    {
        if (schema.TryGetProperty("required", out var required))
            Assert.All(required.EnumerateArray(), name => Assert.True(value.TryGetProperty(name.GetString()!, out _), $"{at}: {name} is missing"));
        var isMap = schema.TryGetProperty("additionalProperties", out var others);
        if (!schema.TryGetProperty("properties", out var known) && !isMap)
            return;
        foreach (var member in value.EnumerateObject())
        {
            if (known.ValueKind == JsonValueKind.Object && known.TryGetProperty(member.Name, out var described))
                Check(member.Value, described, $"{at}.{member.Name}");
            else if (isMap && others.ValueKind == JsonValueKind.Object)
                Check(member.Value, others, $"{at}.{member.Name}");
            else
                Assert.True(isMap, $"{at}.{member.Name} is not described");
        }
    }

    private static bool IsOf(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && decimal.IsInteger(value.GetDecimal()),
        "number" => value.ValueKind == JsonValueKind.Number,
        _ => false,
    };
}
