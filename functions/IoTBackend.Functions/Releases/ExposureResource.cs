using System.Text;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

/// <summary>Which devices a vulnerability or package concerns.</summary>
internal sealed class ExposureResource(Exposure exposure)
{
    /// <summary>Devices that run an image with a vulnerability or package in it, by name; text/csv where that is asked for</summary>
    [Function("GetExposure"), Asks<ExposureAsked>]
    [Answers<Exposure.ExposureAnswer>(200)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/exposure")] HttpRequest request, CancellationToken cancellationToken)
    {
        var query = Query.Read<ExposureAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        if (asked.Cve is null == asked.Package is null)
            return Problem.BadRequest("Ask for one of cve and package.");
        var answer = await exposure.RunAsync(asked.Cve, asked.Package, cancellationToken);
        return request.Headers.Accept.ToString().Contains("text/csv", StringComparison.OrdinalIgnoreCase)
            ? Results.Text(Csv(answer), "text/csv", Encoding.UTF8)
            : JsonBody.Ok(answer);
    }

    /// <summary>RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe.</summary>
    internal static string Csv(Exposure.ExposureAnswer answer)
    {
        var csv = new StringBuilder("deviceId,track,tag,release,platformDigest,seen,because,mendedBy\r\n");
        foreach (var l in answer.Concerned)
            csv.AppendJoin(',', new[] { l.DeviceId, l.Track, l.Tag, l.Release, l.PlatformDigest, l.Seen ? "true" : "false", l.Because, l.MendedBy ?? "" }.Select(Cell)).Append("\r\n");
        return csv.ToString();
    }

    private static string Cell(string text)
    {
        var safe = text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? $"'{text}" : text;
        return safe.AsSpan().IndexOfAny("\",\r\n") < 0 ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}

/// <param name="Cve">Id of a vulnerability: CVE, GHSA or a scanner's own.</param>
/// <param name="Package">A package's name, or <c>name@version</c>.</param>
internal sealed record ExposureAsked(string? Cve = null, string? Package = null);
