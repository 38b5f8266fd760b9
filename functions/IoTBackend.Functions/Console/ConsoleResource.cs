using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Console;

/// <summary>Serves the console: a page at <c>/</c> and files whose names hold a hash of their contents. Open to everybody: it holds nothing, and asks for a key.</summary>
internal sealed class ConsoleResource(ConsoleFiles files)
{
    /// <summary>Only what came from here runs, is shown, or is called; nobody may put the page in a frame, and no script may turn text into markup.</summary>
    internal const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    // The empty address, in the one way every router of the platform understands.
    private const string Root = "{nothing:maxlength(0)?}";

    [Function("GetConsole")]
    public IResult GetPage([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Root)] HttpRequest request) =>
        files.Find(ConsoleFiles.Index) is { } page
            ? Answer(request, page, "no-cache")
            : Problem.NotFound("This build has no console. scripts/run builds it; the API is at /api/openapi.json.");

    [Function("GetConsoleFile")]
    public IResult GetFile([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "assets/{file}")] HttpRequest request, string file) =>
        file != ConsoleFiles.Index && files.Find(file) is { } found
            ? Answer(request, found, "public, max-age=31536000, immutable")
            : Problem.NotFound("There is no such file. A page that was open before an update finds its files again after a reload.");

    private static IResult Answer(HttpRequest request, ConsoleFile file, string caching)
    {
        var headers = request.HttpContext.Response.Headers;
        headers.ETag = file.ETag;
        headers.CacheControl = caching;
        headers.Vary = "Accept-Encoding";
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        if (request.Headers.IfNoneMatch.ToString().Split(',', StringSplitOptions.TrimEntries).Any(tag => tag == "*" || tag.Replace("W/", "", StringComparison.Ordinal) == file.ETag))
            return Results.StatusCode(StatusCodes.Status304NotModified);
        var (coding, bytes) = ConsoleFiles.FormFor(file, request.Headers.AcceptEncoding.ToString());
        if (coding.Length > 0)
            headers.ContentEncoding = coding;
        return Results.Bytes(bytes, file.Type);
    }
}
