using System.Security.Cryptography;
using System.Text.Json;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Evidence.Findings;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Http;
using IoTBackend.Functions.SignIn;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

/// <summary>What operators, and the scanners they run, say of a release, before it goes out and after.</summary>
internal sealed class DecisionResource(OperatorDecisions decisions, IReleases releases, IEvidenceStore evidence)
{
    /// <summary>Approve a release</summary>
    [Function("ApproveRelease")]
    [Takes<ApprovalGiven>, Answers<ReleaseDocument>(200), Answers(404), Answers(409), Answers(412)]
    public async Task<IResult> ApproveAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/releases/{id}/approve")] HttpRequest request, string id, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<ApprovalGiven>(request, cancellationToken);
        return body.Value is { } given
            ? Answer(request, id, await decisions.ApproveAsync(id, Principal.NameOf(request, given.By), given.Note, Seen(request), cancellationToken))
            : Problem.BadRequest(body.Reason ?? "");
    }

    /// <summary>Let a gate's verdict on a release not count</summary>
    [Function("OverrideGate")]
    [Takes<OverrideGiven>, Answers<ReleaseDocument>(200), Answers(404), Answers(409), Answers(412)]
    public async Task<IResult> OverrideAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/releases/{id}/override")] HttpRequest request, string id, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<OverrideGiven>(request, cancellationToken);
        return body.Value is { } given
            ? Answer(request, id, await decisions.OverrideAsync(id, given.Gate, Principal.NameOf(request, given.By), given.Reason, Seen(request), cancellationToken))
            : Problem.BadRequest(body.Reason ?? "");
    }

    /// <summary>Send a scan's report or an SBOM of a release: SARIF, Trivy, Grype, CycloneDX, OpenVEX, SPDX, as JSON</summary>
    [Function("SendEvidence")]
    [TakesMedia("application/json"), Answers<EvidenceTaken>(202), Answers(404), Answers(422)]
    public async Task<IResult> EvidenceAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/releases/{id}/evidence")] HttpRequest request, string id, CancellationToken cancellationToken)
    {
        if (await releases.FindAsync(id, cancellationToken) is not { Value: var release })
            return ReleaseResource.Unknown(id);
        var document = await ReadAsync(request, cancellationToken);
        var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(document.Span))}";
        var read = Read(document, digest);
        if (read.Value is not { } taken)
            return Problem.Of(StatusCodes.Status422UnprocessableEntity, read.Reason ?? "");
        await evidence.SaveAsync(id, new SentEvidence(digest, document), cancellationToken);
        await decisions.JudgeAgainAsync(release, cancellationToken);
        return JsonBody.Ok(taken, StatusCodes.Status202Accepted);
    }

    private static Result<EvidenceTaken> Read(ReadOnlyMemory<byte> document, string digest)
    {
        try
        {
            var (report, sbom) = (ReportReader.Read(document, digest), SbomReader.Read(document, digest));
            return report is null && sbom is null
                ? Result<EvidenceTaken>.Rejected("No known form: send SARIF 2.1, Trivy's, Grype's, CycloneDX', OpenVEX' or SPDX' JSON.")
                : new EvidenceTaken(digest, report?.Form ?? sbom!.Form, report?.Findings.Count ?? 0, sbom?.Packages.Count ?? 0);
        }
        catch (DenseJsonException e)
        {
            return Result<EvidenceTaken>.Rejected($"The document has {e.Message}.");
        }
        catch (JsonException)
        {
            return Result<EvidenceTaken>.Rejected("The body is not JSON.");
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[64 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (buffer.Length + read > EvidenceReader.MaxDocumentBytes)
                throw new BadHttpRequestException($"The body is larger than {EvidenceReader.MaxDocumentBytes} bytes.", StatusCodes.Status413PayloadTooLarge);
            buffer.Write(chunk, 0, read);
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    private static Func<Release, bool>? Seen(HttpRequest request) =>
        EntityTag.Seen(request) is { } version ? release => ReleaseDocument.Of(release, null).Version == version : null;

    private static IResult Answer(HttpRequest request, string id, Result<Release>? result) => result switch
    {
        null => ReleaseResource.Unknown(id),
        { Value: { } release } => ReleaseResource.Show(request, ReleaseDocument.Of(release, null)),
        { Reason: OperateRollout.Changed } => RolloutResource.Refuse(OperateRollout.Changed),
        { Reason: (OperatorDecisions.WentOut or OperatorDecisions.ApprovedBefore) and var done } => Problem.Conflict(done),
        { Reason: var reason } => Problem.BadRequest(reason ?? ""),
    };

    /// <param name="By">Who approves; not needed where the platform knows.</param>
    internal sealed record ApprovalGiven(string? By, string? Note);

    /// <param name="Gate">The gate that holds the release.</param>
    /// <param name="By">Who decides; not needed where the platform knows.</param>
    /// <param name="Reason">Kept on the release for ever.</param>
    internal sealed record OverrideGiven(string? Gate, string? By, string? Reason);

    /// <param name="Findings">Vulnerabilities in it.</param>
    /// <param name="Packages">Packages in it.</param>
    internal sealed record EvidenceTaken(string Digest, string Form, int Findings, int Packages);
}
