using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

/// <summary>Which devices a vulnerability or package concerns.</summary>
internal sealed class ExposureResource(Exposure exposure)
{
    private const string List = "exposure";

    /// <summary>Devices that run an image with a vulnerability or package in it, by name; all of them as text/csv where that is asked for</summary>
    [Function("GetExposure"), Asks<ExposureAsked>]
    [Answers<ExposurePage>(200)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/exposure")] HttpRequest request, CancellationToken cancellationToken)
    {
        var query = Query.Read<ExposureAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        if (asked.Cve is null == asked.Package is null)
            return Problem.BadRequest("Ask for one of cve and package.");
        if (!Continuation.TryRead(List, asked.Continuation, out var after))
            return Problem.BadContinuation();
        var answer = await exposure.RunAsync(asked.Cve, asked.Package, cancellationToken);
        return request.Headers.Accept.ToString().Contains("text/csv", StringComparison.OrdinalIgnoreCase)
            ? Results.Stream(body => ExposureCsv.WriteAsync(answer.Concerned, body, cancellationToken), "text/csv; charset=utf-8")
            : JsonBody.Ok(PageOf(answer, after, asked.Top));
    }

    /// <param name="after">Device and track of the last line before, with a line feed between them.</param>
    private static ExposurePage PageOf(Exposure.ExposureAnswer answer, string? after, int top)
    {
        var first = after?.Split('\n') is [var device, var track] ? answer.Concerned.TakeWhile(l => l.CompareTo(device, track) <= 0).Count() : 0;
        var page = answer.Concerned.Skip(first).Take(top).ToList();
        var next = first + page.Count < answer.Concerned.Count ? $"{page[^1].DeviceId}\n{page[^1].Track}" : null;
        return new(answer.At, answer.Devices, page, answer.Unknown, Continuation.Write(List, next));
    }

    internal sealed record ExposureAsked
    {
        /// <summary>Id of a vulnerability: CVE, GHSA or a scanner's own.</summary>
        public string? Cve { get; init; }

        /// <summary>A package's name, name@version, or its package URL (pkg:deb/debian/openssl@3.0.1).</summary>
        public string? Package { get; init; }

        /// <summary>Most lines in one page.</summary>
        [Range(1, 1000)]
        public int Top { get; init; } = 1000;

        /// <summary>What the page before said.</summary>
        public string? Continuation { get; init; }
    }

    /// <param name="At">When it was looked what devices run.</param>
    /// <param name="Devices">How many are concerned, on all pages together.</param>
    /// <param name="Concerned">One line per device and track, a page of them.</param>
    /// <param name="Unknown">What devices run and of which no scan or SBOM was ever seen: a release's id, or an image that is none. They may be concerned.</param>
    /// <param name="Continuation">For the next page; missing = this was the last.</param>
    internal sealed record ExposurePage(
        DateTimeOffset At, int Devices, IReadOnlyList<Exposure.ExposedDevice> Concerned, IReadOnlyList<string> Unknown, string? Continuation);
}
