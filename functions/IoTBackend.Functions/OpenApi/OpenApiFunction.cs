using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.OpenApi;

/// <summary>Serves the API's description: <c>openapi.json</c> beside this file, kept whole by a test.</summary>
internal static class OpenApiFunction
{
    private static readonly byte[] Document = Read();

    [Function("GetOpenApi")]
    public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/openapi.json")] HttpRequest request) =>
        Results.Bytes(Document, "application/json");

    private static byte[] Read()
    {
        using var document = typeof(OpenApiFunction).Assembly.GetManifestResourceStream("openapi.json")
            ?? throw new InvalidOperationException("The document is not in the assembly.");
        using var bytes = new MemoryStream();
        document.CopyTo(bytes);
        return bytes.ToArray();
    }
}
