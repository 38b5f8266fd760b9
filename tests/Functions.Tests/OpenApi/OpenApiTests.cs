using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using IoTBackend.Functions.Http;
using IoTBackend.Functions.OpenApi;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Azure.Functions.Worker;

namespace Functions.Tests.OpenApi;

public sealed class OpenApiTests
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static JsonElement Document { get; } = JsonDocument.Parse(Served()).RootElement;

    [Fact]
    public void The_checked_in_description_is_the_one_the_functions_make()
    {
        var made = ApiDocument.Create().ToJsonString(Readable) + "\n";
        var file = Path.Combine(Root(), "functions", "IoTBackend.Functions", "OpenApi", "openapi.json");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
            File.WriteAllText(file, made);
        Assert.True(made == File.ReadAllText(file), "The API changed. Look whether it should; UPDATE_SNAPSHOTS=1 with this test writes functions/IoTBackend.Functions/OpenApi/openapi.json anew.");
    }

    [Fact]
    public void Every_function_says_what_it_does_and_answers() =>
        Assert.All(ApiDocument.Functions().Where(f => ApiDocument.Place(f.Trigger) is not null), function =>
        {
            Assert.True(XmlDocs.Summary(function.Method) is { Length: > 0 }, $"{function.Name} has no summary");
            Assert.True(function.Method.GetCustomAttributes<AnswersAttribute>().Any(), $"{function.Name} says no answer");
        });

    [Fact]
    public void A_route_is_open_in_the_document_if_it_is_open_to_everybody_and_asks_devices_for_their_credential() =>
        Assert.All(Operations(), operation =>
        {
            var scheme = operation.Value.GetProperty("security").EnumerateArray().SelectMany(s => s.EnumerateObject()).Select(s => s.Name).SingleOrDefault();
            var expected = operation.Level == AuthorizationLevel.Function ? "functionKey" : operation.Path.StartsWith("/devices/{", StringComparison.Ordinal) ? "deviceCredential" : null;
            Assert.Equal(expected, scheme);
        });

    [Fact]
    public void Every_reference_leads_somewhere() =>
        Assert.All(References(Document), reference =>
            Assert.True(reference[2..].Split('/').Aggregate((JsonElement?)Document, (at, part) => at?.TryGetProperty(part, out var next) == true ? next : null) is not null, reference));

    public static byte[] Served() => ((FileContentHttpResult)OpenApiResource.Get(new DefaultHttpContext().Request)).FileContents.ToArray();

    private static IEnumerable<(string Path, AuthorizationLevel Level, JsonElement Value)> Operations() =>
        from function in ApiDocument.Functions()
        let place = ApiDocument.Place(function.Trigger)
        where place is not null
        from verb in place.Value.Verbs
        select (place.Value.Path, function.Trigger.AuthLevel, Document.GetProperty("paths").GetProperty(place.Value.Path).GetProperty(verb));

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p =>
            p.Name == "$ref" && p.Value.ValueKind == JsonValueKind.String ? [p.Value.GetString() ?? ""] : References(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "IoTBackend.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("Not inside the repository.");
        return folder.FullName;
    }
}
