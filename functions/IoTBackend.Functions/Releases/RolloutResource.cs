using System.Globalization;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Http;
using IoTBackend.Functions.SignIn;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

/// <summary>A release on its way out in waves: how far it is, and what operators decide. With If-Match a decision is of the step that was seen.</summary>
internal sealed class RolloutResource(IRolloutStore rollouts, OperateRollout operate, IReleases releases, TimeProvider time)
{
    private const string Route = "api/releases/{id}";

    private const string NoRollout = "There is no rollout: no such release, its track goes to all devices at once, or it has not passed its gates.";

    /// <summary>How far a rollout is, who waits and why. The ETag is for If-Match</summary>
    [Function("GetRollout")]
    [Answers<RolloutDocument>(200), Answers(404)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = $"{Route}/rollout")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        await rollouts.FindAsync(id, cancellationToken) is { Value: var rollout } ? Show(request, rollout) : Problem.NotFound(NoRollout);

    /// <summary>What was decided about a release and the steps of its rollouts, the newest first, with who and why</summary>
    [Function("GetRolloutTimeline")]
    [Asks<TopAsked>, Answers<Timeline>(200), Answers(404)]
    public async Task<IResult> TimelineAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = $"{Route}/timeline")] HttpRequest request, string id, CancellationToken cancellationToken)
    {
        var query = Query.Read<TopAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        return await releases.FindAsync(id, cancellationToken) is { Value: var release }
            ? JsonBody.Ok(Timeline.Of(release, await rollouts.TimelineAsync(id, asked.Top, cancellationToken), asked.Top))
            : ReleaseResource.Unknown(id);
    }

    /// <summary>Start a rollout that waits for an operator, now or at a time</summary>
    [Function("StartRollout")]
    [Takes<StartGiven>, Answers<RolloutDocument>(200), Answers(404), Answers(409), Answers(412)]
    public async Task<IResult> StartAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = $"{Route}/start")] HttpRequest request, string id, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<StartGiven>(request, cancellationToken);
        return body.Value is not { } given ? Problem.BadRequest(body.Reason ?? "")
            : await DecideAsync(request, given.By, given.Why, decision => operate.StartAsync(id, given.At, decision, cancellationToken));
    }

    /// <summary>Pause a rollout: devices that have begun go on, no other is told</summary>
    [Function("PauseRollout")]
    [Takes<DecisionGiven>, Answers<RolloutDocument>(200), Answers(404), Answers(409), Answers(412)]
    public Task<IResult> PauseAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = $"{Route}/pause")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        DecideAsync(request, decision => operate.PauseAsync(id, decision, cancellationToken), cancellationToken);

    /// <summary>Go on with a rollout that is paused or was stopped; what the figures said counts again only when it is worse than it was</summary>
    [Function("ResumeRollout")]
    [Takes<DecisionGiven>, Answers<RolloutDocument>(200), Answers(404), Answers(409), Answers(412)]
    public Task<IResult> ResumeAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = $"{Route}/resume")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        DecideAsync(request, decision => operate.ResumeAsync(id, decision, cancellationToken), cancellationToken);

    /// <summary>Begin the next wave now, without waiting for the rest of this one; what is worse stops it all the same</summary>
    [Function("NextWave")]
    [Takes<DecisionGiven>, Answers<RolloutDocument>(200), Answers(404), Answers(409), Answers(412)]
    public Task<IResult> NextWaveAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = $"{Route}/next-wave")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        DecideAsync(request, decision => operate.NextWaveAsync(id, decision, cancellationToken), cancellationToken);

    /// <summary>End a rollout: devices that have it keep it, no other gets it</summary>
    [Function("CancelRollout")]
    [Takes<DecisionGiven>, Answers<RolloutDocument>(200), Answers(404), Answers(409), Answers(412)]
    public Task<IResult> CancelAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = $"{Route}/cancel")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        DecideAsync(request, decision => operate.CancelAsync(id, decision, cancellationToken), cancellationToken);

    /// <summary>Take a release back: every device is told what it ran before</summary>
    [Function("RollBack")]
    [Takes<DecisionGiven>, Answers<RolloutDocument>(200), Answers(404), Answers(409), Answers(412)]
    public Task<IResult> RollBackAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = $"{Route}/rollback")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        DecideAsync(request, decision => operate.RollBackAsync(id, decision, cancellationToken), cancellationToken);

    /// <summary>Tell the devices that failed once more, and no other</summary>
    [Function("RetryFailed")]
    [Takes<DecisionGiven>, Answers<RolloutDocument>(200), Answers(404), Answers(409), Answers(412)]
    public Task<IResult> RetryAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = $"{Route}/retry")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        DecideAsync(request, decision => operate.RetryAsync(id, decision, cancellationToken), cancellationToken);

    private async Task<IResult> DecideAsync(HttpRequest request, Func<Decision, Task<Result<StagedRollout>?>> decide, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<DecisionGiven>(request, cancellationToken);
        return body.Value is { } given ? await DecideAsync(request, given.By, given.Why, decide) : Problem.BadRequest(body.Reason ?? "");
    }

    private async Task<IResult> DecideAsync(HttpRequest request, string? by, string? why, Func<Decision, Task<Result<StagedRollout>?>> decide)
    {
        var given = Given(request, by, why);
        if (given.Value is not { } decision)
            return Refuse(given.Reason);
        return await decide(decision) switch
        {
            null => Problem.NotFound(NoRollout),
            { Value: { } rollout } => Show(request, rollout),
            { Reason: OperateRollout.Changed } => Refuse(OperateRollout.Changed),
            { Reason: var reason } => Problem.Conflict(reason ?? ""),
        };
    }

    /// <summary>Who decides, why, and (If-Match) on what they saw.</summary>
    internal static Result<Decision> Given(HttpRequest request, string? by, string? why)
    {
        var tag = EntityTag.Seen(request);
        long? number = long.TryParse(tag, NumberStyles.None, CultureInfo.InvariantCulture, out var seen) ? seen : null;
        if (number is null && tag is not null)
            return Result<Decision>.Rejected(OperateRollout.Changed);
        var person = Principal.NameOf(request, by);
        return Decision.Check(person, why) is { } wrong ? Result<Decision>.Rejected(wrong) : new Decision(person!, why, number);
    }

    internal static IResult Refuse(string? reason) => reason == OperateRollout.Changed
        ? Problem.Of(StatusCodes.Status412PreconditionFailed, reason)
        : Problem.BadRequest(reason ?? "");

    private IResult Show(HttpRequest request, StagedRollout rollout)
    {
        EntityTag.Show(request, rollout.Number.ToString(CultureInfo.InvariantCulture));
        return JsonBody.Ok(RolloutDocument.Of(rollout, time.GetUtcNow()));
    }

    /// <param name="By">Who decides; not needed where the platform knows.</param>
    /// <param name="Why">For the timeline.</param>
    internal sealed record DecisionGiven(string? By, string? Why);

    /// <param name="At">When; left out = now.</param>
    /// <param name="By">Who decides; not needed where the platform knows.</param>
    /// <param name="Why">For the timeline.</param>
    internal sealed record StartGiven(DateTimeOffset? At, string? By, string? Why);
}
