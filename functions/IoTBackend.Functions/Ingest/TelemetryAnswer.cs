using System.Text;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Ingest;

/// <summary>What was not taken is named; of very much only the first, and how much it is.</summary>
/// <param name="Accepted">Readings that were taken.</param>
/// <param name="Rejected">Readings that were not, the first 100.</param>
/// <param name="RejectedCount">Where there are more than are listed.</param>
/// <param name="Ignored">Fields that could not be used, of readings that were taken without them; missing where there are none.</param>
/// <param name="IgnoredCount">Where there are more than are listed.</param>
internal sealed record TelemetryTaken(
    int Accepted, IReadOnlyList<Rejection> Rejected, int? RejectedCount, IReadOnlyList<IgnoredField>? Ignored, int? IgnoredCount)
{
    public static TelemetryTaken Of(IngestOutcome outcome) => new(
        outcome.Accepted,
        outcome.Rejected,
        outcome.RejectedCount > outcome.Rejected.Count ? outcome.RejectedCount : null,
        outcome.IgnoredCount > 0 ? outcome.Ignored : null,
        outcome.IgnoredCount > outcome.Ignored.Count ? outcome.IgnoredCount : null);
}

/// <summary>What became of a device's readings, as the device is told.</summary>
internal static class TelemetryAnswer
{
    private static readonly AllTaken OneTaken = new(1);

    public static IResult Of(IngestOutcome outcome) => outcome switch
    {
        { Unreadable: { } reason } => Problem.BadRequest(reason),
        { Accepted: 0 } => Problem.Of(StatusCodes.Status400BadRequest, "No reading was acceptable.", ("rejected", outcome.Rejected)),
        { RejectedCount: > 0 } or { IgnoredCount: > 0 } => JsonBody.Ok(TelemetryTaken.Of(outcome), StatusCodes.Status202Accepted),
        { Accepted: 1 } => OneTaken,
        _ => new AllTaken(outcome.Accepted),
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
