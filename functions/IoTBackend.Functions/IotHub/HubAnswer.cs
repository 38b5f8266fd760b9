using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.IotHub;

/// <summary>Refusals as IoT Hub's clients know them: they go by the status, and read the code from a header or from <c>Message</c>.</summary>
internal static class HubAnswer
{
    /// <summary>Their members begin with capitals.</summary>
    private static readonly JsonSerializerOptions AsNamed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IResult Refuse(int status, string reason)
    {
        var (theirs, code) = status switch
        {
            // To these clients 403 means that the hub's quota is spent.
            StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden => (StatusCodes.Status401Unauthorized, "IotHubUnauthorizedAccess"),
            StatusCodes.Status412PreconditionFailed => (status, "DeviceMessageLockLost"),
            StatusCodes.Status413PayloadTooLarge => (status, "MessageTooLarge"),
            StatusCodes.Status429TooManyRequests => (status, "ThrottlingException"),
            _ => (StatusCodes.Status400BadRequest, "ArgumentInvalid"),
        };
        return new Refusal(theirs, code, reason);
    }

    private sealed class Refusal(int status, string code, string reason) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers["iothub-errorcode"] = code;
            // What follows a second semicolon those clients leave out.
            var body = new { Message = $"ErrorCode:{code};{reason.Replace(';', ',')}", ExceptionMessage = reason };
            return Results.Json(body, AsNamed, statusCode: status).ExecuteAsync(httpContext);
        }
    }
}
