using System.Reflection;
using System.Text.Json;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Signals;
using IoTBackend.Functions.OpenApi;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Azure.Functions.Worker;

namespace Functions.Tests.OpenApi;

public sealed class OpenApiTests
{
    private const string Server = "/api";

    private static readonly JsonElement Document = Served();

    [Fact]
    public void The_document_names_every_route_and_no_other() =>
        Assert.Equal(Routes().Select(r => r.Operation).Order(StringComparer.Ordinal), Operations().Select(o => o.Operation).Order(StringComparer.Ordinal));

    [Fact]
    public void A_route_is_open_in_the_document_if_it_is_open_to_everybody_and_asks_devices_for_their_credential()
    {
        var security = Operations().ToDictionary(o => o.Operation, o => o.Value.GetProperty("security").EnumerateArray().SelectMany(s => s.EnumerateObject()).Select(s => s.Name).SingleOrDefault());
        foreach (var (operation, level) in Routes())
        {
            var isDevices = operation.Contains(" /devices/", StringComparison.Ordinal);
            Assert.Equal((operation, level == AuthorizationLevel.Function ? "functionKey" : isDevices ? "deviceCredential" : null), (operation, security[operation]));
        }
    }

    [Fact]
    public void Every_reference_leads_somewhere() =>
        Assert.All(References(Document), reference =>
            Assert.True(reference[2..].Split('/').Aggregate((JsonElement?)Document, (at, part) => at?.TryGetProperty(part, out var next) == true ? next : null) is not null, reference));

    [Fact]
    public void Every_parameter_in_a_path_is_described() =>
        Assert.All(Document.GetProperty("paths").EnumerateObject(), path =>
        {
            var described = path.Value.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().Select(p => p.GetProperty("name").GetString()) : [];
            Assert.Equal(path.Name.Split('/').Where(s => s.StartsWith('{')).Select(s => s.Trim('{', '}')), described);
        });

    [Fact]
    public void Every_kind_of_alert_and_type_of_channel_is_named()
    {
        var schemas = Document.GetProperty("components").GetProperty("schemas");
        Assert.Equal(Enum.GetValues<AlertKind>().Select(k => k.Name()), Names(schemas.GetProperty("AlertKind")));
        Assert.Equal(
            ChannelTypes.Names,
            Names(schemas.GetProperty("ChannelRequest").GetProperty("properties").GetProperty("type")));

        static IEnumerable<string?> Names(JsonElement schema) => schema.GetProperty("enum").EnumerateArray().Select(e => e.GetString());
    }

    private static IEnumerable<(string Operation, AuthorizationLevel Level)> Routes() =>
        from type in typeof(OpenApiFunction).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        from parameter in method.GetParameters()
        let trigger = parameter.GetCustomAttribute<HttpTriggerAttribute>()
        where trigger is not null
        from verb in trigger.Methods ?? []
        // Goes without saying where GET does.
        where verb != "head"
        // A constraint ({version:int}) is the router's matter; what does not begin with the document's server shows as it is.
        let path = System.Text.RegularExpressions.Regex.Replace($"/{trigger.Route}", ":[a-z]+}", "}")
        select ($"{verb.ToLowerInvariant()} {(path.StartsWith(Server, StringComparison.Ordinal) ? path[Server.Length..] : path)}", trigger.AuthLevel);

    private static IEnumerable<(string Operation, JsonElement Value)> Operations() =>
        from path in Document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        where operation.Name != "parameters"
        select ($"{operation.Name} {path.Name}", operation.Value);

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p =>
            p.Name == "$ref" && p.Value.ValueKind == JsonValueKind.String ? [p.Value.GetString() ?? ""] : References(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    private static JsonElement Served()
    {
        var answer = (FileContentHttpResult)OpenApiFunction.Run(new DefaultHttpContext().Request);
        return JsonDocument.Parse(answer.FileContents).RootElement;
    }
}
