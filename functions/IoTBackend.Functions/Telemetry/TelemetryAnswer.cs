using System.Text;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
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
        { RejectedCount: > 0 } or { IgnoredCount: > 0 } => JsonBody.Ok(new SomeTaken(outcome), StatusCodes.Status202Accepted),
        { Accepted: 1 } => OneTaken,
        _ => new AllTaken(outcome.Accepted),
    };

    /// <summary>What was not taken is named; of very much only the first, and how much it is.</summary>
    private sealed class SomeTaken(IngestOutcome outcome)
    {
        public int Accepted => outcome.Accepted;

        public IReadOnlyList<Rejection> Rejected => outcome.Rejected;

        public int? RejectedCount => outcome.RejectedCount > Rejected.Count ? outcome.RejectedCount : null;

        public IReadOnlyList<IgnoredField>? Ignored => outcome.IgnoredCount > 0 ? outcome.Ignored : null;

        public int? IgnoredCount => outcome.IgnoredCount > outcome.Ignored.Count ? outcome.IgnoredCount : null;
    }

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
