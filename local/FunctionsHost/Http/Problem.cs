using Microsoft.AspNetCore.Http;

namespace IoTBackend.FunctionsHost.Http;

/// <summary>The host's own errors as RFC 9457 problem details: a status and its title, nothing of the cause.</summary>
internal static class Problem
{
    public static Task WriteAsync(HttpContext http, int status)
    {
        var body = Body(status);
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/problem+json";
        http.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.Body.WriteAsync(body, http.RequestAborted).AsTask();
    }

    private static ReadOnlyMemory<byte> Body(int status) => status switch
    {
        400 => BadRequest,
        401 => Unauthorized,
        404 => NotFound,
        405 => MethodNotAllowed,
        408 => RequestTimeout,
        413 => TooLarge,
        502 => BadGateway,
        503 => Unavailable,
        504 => GatewayTimeout,
        _ => InternalError,
    };

    private static readonly byte[] BadRequest = Json(400, "Bad Request");
    private static readonly byte[] Unauthorized = Json(401, "Unauthorized");
    private static readonly byte[] NotFound = Json(404, "Not Found");
    private static readonly byte[] MethodNotAllowed = Json(405, "Method Not Allowed");
    private static readonly byte[] RequestTimeout = Json(408, "Request Timeout");
    private static readonly byte[] TooLarge = Json(413, "Content Too Large");
    private static readonly byte[] BadGateway = Json(502, "Bad Gateway");
    private static readonly byte[] Unavailable = Json(503, "Service Unavailable");
    private static readonly byte[] GatewayTimeout = Json(504, "Gateway Timeout");
    private static readonly byte[] InternalError = Json(500, "Internal Server Error");

    private static byte[] Json(int status, string title) =>
        System.Text.Encoding.UTF8.GetBytes($$"""{"type":"about:blank","title":"{{title}}","status":{{status}}}""");
}
