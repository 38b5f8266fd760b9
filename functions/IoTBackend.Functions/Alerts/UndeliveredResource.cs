using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Alerts;

/// <summary>What channels were not to be told. The addresses with <c>dead-letters</c> are those of version 0.1.</summary>
internal sealed class UndeliveredResource(IUndelivered undelivered, Resend resend)
{
    /// <summary>As many are sent again in one call.</summary>
    private const int MaxResent = 500;

    /// <summary>What was given up, the newest first</summary>
    [Function("ListUndelivered")]
    [Asks<UndeliveredAsked>, Answers<UndeliveredList>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/alerts/undelivered")] HttpRequest request, CancellationToken cancellationToken)
    {
        var asked = Query.Read<UndeliveredAsked>(request);
        return asked.Value is { } query
            ? JsonBody.Ok(new UndeliveredList([.. (await undelivered.ListAsync(query.Channel, query.Top, cancellationToken)).Select(UndeliveredView.Of)]))
            : Problem.BadRequest(asked.Reason ?? "");
    }

    /// <summary>Tell a channel after all what is true of the alert now</summary>
    [Function("ResendUndelivered")]
    [Answers<UndeliveredView>(202), Answers(404)]
    public async Task<IResult> ResendAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/alerts/undelivered/{id}/resend")] HttpRequest request, string id, CancellationToken cancellationToken)
    {
        if (await undelivered.FindAsync(id, cancellationToken) is not { } given)
            return Problem.NotFound($"Nothing undelivered '{id}'.");
        await resend.RunAsync(given, cancellationToken);
        return JsonBody.Ok(UndeliveredView.Of(given), StatusCodes.Status202Accepted);
    }

    /// <summary>Tell a channel all it was not to be told, 500 at a time</summary>
    [Function("ResendChannel")]
    [Answers<Resent>(202)]
    public async Task<IResult> ResendAllAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/channels/{name}/resend")] HttpRequest request, string name, CancellationToken cancellationToken)
    {
        var given = await undelivered.ListAsync(name, MaxResent, cancellationToken);
        foreach (var one in given)
            await resend.RunAsync(one, cancellationToken);
        return JsonBody.Ok(new Resent(given.Count), StatusCodes.Status202Accepted);
    }

    /// <summary>As ListUndelivered, in the words of version 0.1</summary>
    [Function("ListDeadLetters")]
    [Asks<UndeliveredAsked>, Answers<DeadLetterList>(200)]
    public async Task<IResult> ListDeadAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/alerts/dead-letters")] HttpRequest request, CancellationToken cancellationToken)
    {
        var asked = Query.Read<UndeliveredAsked>(request);
        return asked.Value is { } query
            ? JsonBody.Ok(new DeadLetterList([.. (await undelivered.ListAsync(query.Channel, query.Top, cancellationToken)).Select(UndeliveredView.Of)]))
            : Problem.BadRequest(asked.Reason ?? "");
    }

    /// <summary>As ResendUndelivered</summary>
    [Function("ResendDeadLetter")]
    [Answers<UndeliveredView>(202), Answers(404)]
    public Task<IResult> ResendDeadAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/alerts/dead-letters/{id}/resend")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        ResendAsync(request, id, cancellationToken);

    /// <summary>Which of it an operator asks for.</summary>
    internal sealed record UndeliveredAsked : TopAsked
    {
        /// <summary>Of this channel only.</summary>
        [Name]
        public string? Channel { get; init; }
    }

    internal sealed record UndeliveredList(IReadOnlyList<UndeliveredView> Undelivered);

    internal sealed record DeadLetterList(IReadOnlyList<UndeliveredView> DeadLetters);

    /// <param name="Count">So many are on their way again.</param>
    internal sealed record Resent(int Count);

    /// <param name="Id">To send it again by.</param>
    /// <param name="Channel">Who was not told.</param>
    /// <param name="Type">What it was to be told.</param>
    /// <param name="AlertId">Of which alert.</param>
    /// <param name="Kind">What kind of alert that is.</param>
    /// <param name="DeviceId">The device it is about.</param>
    /// <param name="Group">The group it is about.</param>
    /// <param name="Summary">As it was then.</param>
    /// <param name="Since">Since when it was owed.</param>
    /// <param name="Reason">Why the last attempt failed.</param>
    /// <param name="DeadSince">When it was given up.</param>
    internal sealed record UndeliveredView(
        string Id, string Channel, NoticeType Type, string AlertId, AlertKind Kind, string? DeviceId, string? Group, string Summary, DateTimeOffset Since, string Reason, DateTimeOffset DeadSince)
    {
        public static UndeliveredView Of(Undelivered given) => new(
            given.Id, given.Channel, given.Notice.Type, given.Notice.Alert.Id, given.Notice.Alert.Kind, given.Notice.Alert.DeviceId, given.Notice.Alert.Group,
            given.Notice.Alert.Summary, given.Notice.Since, given.Reason, given.At);
    }
}
