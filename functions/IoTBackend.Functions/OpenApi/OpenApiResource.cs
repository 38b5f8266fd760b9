using System.Text.Json;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.OpenApi;

/// <summary>Serves the API's description: <c>openapi.json</c> beside this file, which a test makes from the functions.</summary>
internal static class OpenApiResource
{
    private static readonly byte[] Document = Read();

    /// <summary>This description</summary>
    [Function("GetOpenApi")]
    [Answers<JsonElement>(200)]
    public static IResult Get([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/openapi.json")] HttpRequest request) =>
        Results.Bytes(Document, "application/json");

    private static byte[] Read()
    {
        using var document = typeof(OpenApiResource).Assembly.GetManifestResourceStream("openapi.json")
            ?? throw new InvalidOperationException("The document is not in the assembly.");
        using var bytes = new MemoryStream();
        document.CopyTo(bytes);
        return bytes.ToArray();
    }
}
