using System.Text;
using IoTBackend.Core.Ingest;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Telemetry;

/// <summary>What became of a device's readings, as the device is told.</summary>
internal static class TelemetryAnswer
{
    private static readonly AllTaken OneTaken = new(1);

    public static IResult Of(IngestOutcome outcome) => outcome switch
    {
        { Unreadable: { } reason } => Problem.BadRequest(reason),
        { Accepted: 0 } => Problem.Of(StatusCodes.Status400BadRequest, "No reading was acceptable.", ("rejected", outcome.Rejected)),
        { Accepted: 1, Rejected.Count: 0 } => OneTaken,
        { Rejected.Count: 0 } => new AllTaken(outcome.Accepted),
        _ => JsonBody.Ok(new { outcome.Accepted, outcome.Rejected }, StatusCodes.Status202Accepted),
    };

    /// <summary>The usual answer, written without a serializer.</summary>
    private sealed class AllTaken(int accepted) : IResult
    {
        private readonly byte[] _body = Encoding.UTF8.GetBytes($$"""{"accepted":{{accepted}},"rejected":[]}""");

        public Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = StatusCodes.Status202Accepted;
            response.ContentType = "application/json; charset=utf-8";
            response.ContentLength = _body.Length;
            return response.Body.WriteAsync(_body).AsTask();
        }
    }
}
