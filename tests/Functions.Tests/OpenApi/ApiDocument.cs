using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Hosting;
using IoTBackend.Functions.Http;
using Microsoft.Azure.Functions.Worker;

namespace Functions.Tests.OpenApi;

/// <summary>The API's description (OpenAPI 3.1), made from the functions: routes from their triggers, the rest from their contracts and comments.</summary>
internal sealed partial class ApiDocument
{
    private const string Server = "/api";

    private readonly Schemas _schemas = new();
    private readonly SortedDictionary<string, JsonNode?> _problems = new(StringComparer.Ordinal);

    public static JsonObject Create() => new ApiDocument().Whole();

    /// <summary>A function's verbs and path, as the description has them; null = outside of the API (the console's files, other protocols).</summary>
    public static (string[] Verbs, string Path)? Place(HttpTriggerAttribute trigger)
    {
        var path = Constraint().Replace($"/{trigger.Route}", "}");
        return path.StartsWith($"{Server}/", StringComparison.Ordinal)
            ? ([.. (trigger.Methods ?? []).Select(m => m.ToLowerInvariant()).Where(m => m != "head")], path[Server.Length..])
            : null;
    }

    public static IEnumerable<(string Name, MethodInfo Method, HttpTriggerAttribute Trigger)> Functions() =>
        from function in RequestGuard.FunctionMethods()
        from parameter in function.Method.GetParameters()
        let trigger = parameter.GetCustomAttribute<HttpTriggerAttribute>()
        where trigger is not null
        orderby trigger.Route, function.Name
        select (function.Name, function.Method, trigger);

    private JsonObject Whole()
    {
        var paths = new JsonObject();
        foreach (var (name, method, trigger) in Functions())
        {
            if (Place(trigger) is not var (verbs, path))
                continue;
            var item = paths[path] ??= new JsonObject();
            if (Parameters(path) is { Count: > 0 } parameters)
                item["parameters"] = parameters;
            foreach (var verb in verbs)
                item[verb] = Operation(name, method, trigger, path);
        }

        _schemas.Named["Problem"] = Parts.Problem();
        _schemas.Named["Reading"] = Parts.Reading();
        return new()
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "IoT Backend",
                ["version"] = "1.0.0",
                ["summary"] = "Connectivity, batteries and container images of a fleet of devices.",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = Server }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = Parts.SecuritySchemes(),
                ["responses"] = new JsonObject([.. _problems]),
                ["schemas"] = new JsonObject([.. _schemas.Named.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value))]),
            },
        };
    }

    private JsonObject Operation(string name, MethodInfo method, HttpTriggerAttribute trigger, string path)
    {
        var isDevices = path.StartsWith("/devices/{", StringComparison.Ordinal);
        var operation = new JsonObject
        {
            ["operationId"] = name,
            ["summary"] = XmlDocs.Summary(method),
            ["tags"] = new JsonArray(method.DeclaringType!.Namespace!.Split('.')[^1]),
            ["security"] = trigger.AuthLevel == AuthorizationLevel.Function ? Security("functionKey") : isDevices ? Security("deviceCredential") : [],
        };
        var contracts = method.GetCustomAttributes().OfType<IContract>().ToArray();
        var asked = contracts.FirstOrDefault(c => Is(c, typeof(AsksAttribute<>)))?.Type;
        var taken = contracts.FirstOrDefault(c => Is(c, typeof(TakesAttribute<>)))?.Type;
        var media = method.GetCustomAttribute<TakesMediaAttribute>();
        var parameters = asked is null ? [] : Query(asked);
        if (contracts.OfType<AnswersAttribute>().Any(answer => answer.Status == 412))
            parameters.Add(Parts.IfMatch());
        if (parameters.Count > 0)
            operation["parameters"] = parameters;
        if (taken is not null || media is not null)
            operation["requestBody"] = Body(taken, media, isDevices);
        operation["responses"] = Responses(method, contracts.OfType<AnswersAttribute>(),
            changes: trigger is { AuthLevel: AuthorizationLevel.Function, Methods: [not "get" and not "options", ..] },
            takesBody: taken is not null || media is not null,
            isGuarded: trigger.AuthLevel == AuthorizationLevel.Function || isDevices);
        return operation;
    }

    private JsonArray Query(Type asked)
    {
        var schema = (JsonObject)_schemas.Of(asked);
        var named = _schemas.Named[((string)schema["$ref"]!).Split('/')[^1]];
        var parameters = new JsonArray();
        foreach (var (name, value) in (JsonObject)named["properties"]!)
        {
            var member = (JsonObject)value!.DeepClone();
            member.Remove("description", out var description);
            parameters.Add(new JsonObject { ["name"] = name, ["in"] = "query", ["schema"] = member, ["description"] = description });
        }

        // Parameters, not a document anybody sends.
        _schemas.Named.Remove(asked.Name);
        return parameters;
    }

    private JsonObject Body(Type? taken, TakesMediaAttribute? media, bool isDevices)
    {
        var content = new JsonObject();
        if (taken is not null)
            content["application/json"] = new JsonObject { ["schema"] = _schemas.Of(taken) };
        foreach (var type in media?.Types ?? [])
            content[type] = new JsonObject { ["schema"] = type == "application/json" && isDevices ? Parts.Readings() : new JsonObject() };
        return new() { ["required"] = true, ["content"] = content };
    }

    private JsonObject Responses(MethodInfo method, IEnumerable<AnswersAttribute> answers, bool changes, bool takesBody, bool isGuarded)
    {
        var said = answers.ToDictionary(a => a.Status, a => a.Type);
        // An odd name, or a query parameter nobody reads.
        said.TryAdd(400, null);
        if (isGuarded)
            said.TryAdd(401, null);
        if (changes)
            said.TryAdd(409, null);
        if (takesBody)
            said.TryAdd(413, null);
        if (isGuarded)
            said.TryAdd(503, null);
        var responses = new JsonObject();
        foreach (var (status, type) in said.OrderBy(a => a.Key))
        {
            var phrase = XmlDocs.Response(method, status);
            if (status >= 400 && phrase is null)
                _problems[$"{status}"] = Problem(Parts.Phrase(status));
            responses[$"{status}"] = status >= 400
                ? phrase is null ? new JsonObject { ["$ref"] = $"#/components/responses/{status}" } : Problem(phrase)
                : Response(phrase ?? Parts.Phrase(status), type);
        }

        return responses;
    }

    private JsonObject Response(string description, Type? type)
    {
        var response = new JsonObject { ["description"] = description };
        if (type is not null)
            response["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = _schemas.Of(type) } };
        return response;
    }

    private static JsonObject Problem(string description) => new()
    {
        ["description"] = description,
        ["content"] = new JsonObject { ["application/problem+json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/Problem" } } },
    };

    private static JsonArray Parameters(string path) => [.. from Match match in Parameter().Matches(path)
                                                            let name = match.Groups[1].Value
                                                            select new JsonObject
                                                            {
                                                                ["name"] = name,
                                                                ["in"] = "path",
                                                                ["required"] = true,
                                                                ["schema"] = name is "id" or "host" or "track"
                                                                    ? new JsonObject { ["type"] = "string" }
                                                                    : new JsonObject { ["type"] = "string", ["pattern"] = NameAttribute.Pattern },
                                                            }];

    private static JsonArray Security(string scheme) => [new JsonObject { [scheme] = new JsonArray() }];

    private static bool Is(IContract contract, Type open) => contract.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == open;

    [GeneratedRegex(":[a-z]+}")]
    private static partial Regex Constraint();

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Parameter();
}
