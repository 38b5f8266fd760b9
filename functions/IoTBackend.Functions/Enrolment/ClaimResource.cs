using IoTBackend.Core.Devices.Enrolment;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Enrolment;

/// <summary>Permissions to enrol, for devices that are flashed with one image.</summary>
internal sealed class ClaimResource(IClaimStore claims, ClaimTokens tokens, TimeProvider time)
{
    private const string Claims = "api/fleet/claims";

    /// <summary>Let devices enrol by themselves, as many and as long as is said here</summary>
    /// <response code="201">With the token, which is told this once</response>
    [Function("MakeClaim")]
    [Takes<ClaimRequest>, Answers<ClaimDocument>(201)]
    public async Task<IResult> MakeAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = Claims)] HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<ClaimRequest>(request, cancellationToken);
        if (body.Value is not { } asked)
            return Problem.BadRequest(body.Reason ?? "");
        var claim = new Claim(ClaimTokens.NewId(), asked, time.GetUtcNow());
        await claims.AddAsync(claim, cancellationToken);
        return JsonBody.Ok(ClaimDocument.Of(claim, []) with { Token = tokens.Of(claim.Id) }, StatusCodes.Status201Created);
    }

    /// <summary>Claims, the newest first; they are forgotten 90 days after their end</summary>
    [Function("ListClaims")]
    [Asks<TopAsked>, Answers<ClaimList>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Claims)] HttpRequest request, CancellationToken cancellationToken)
    {
        var query = Query.Read<TopAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        var newest = (await claims.ListAsync(cancellationToken)).OrderByDescending(c => c.CreatedAt).Take(asked.Top);
        return JsonBody.Ok(new ClaimList([.. await Task.WhenAll(newest.Select(async c => ClaimDocument.Of(c, await UsesAsync(c.Id, cancellationToken))))]));
    }

    /// <summary>A claim with the devices that came in with it</summary>
    [Function("GetClaim")]
    [Answers<ClaimDocument>(200), Answers(404)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Claims + "/{claim}")] HttpRequest request, string claim, CancellationToken cancellationToken)
    {
        if (await claims.FindAsync(claim, cancellationToken) is not { } known)
            return NotMade(claim);
        var uses = await UsesAsync(claim, cancellationToken);
        return JsonBody.Ok(ClaimDocument.Of(known, uses) with { Devices = [.. uses.OrderBy(use => use.At).Select(use => new ClaimedDevice(use.DeviceId, use.At))] });
    }

    /// <summary>Let no more devices in with a claim; those that are in stay</summary>
    [Function("RevokeClaim")]
    [Answers(204), Answers(404)]
    public async Task<IResult> RevokeAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Claims + "/{claim}")] HttpRequest request, string claim, CancellationToken cancellationToken) =>
        await claims.RevokeAsync(claim, time.GetUtcNow(), cancellationToken) is null ? NotMade(claim) : Results.NoContent();

    private async Task<IReadOnlyCollection<ClaimUse>> UsesAsync(string claim, CancellationToken cancellationToken) =>
        [.. (await claims.UsesAsync(claim, cancellationToken)).Values];

    private static IResult NotMade(string claim) => Problem.NotFound($"There is no claim '{claim}'.");

    internal sealed record ClaimList(IReadOnlyList<ClaimDocument> Claims);
}
