using System.Globalization;
using System.Security.Cryptography;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Alerts;

/// <summary>What is quiet until when. The addresses with <c>silences</c> are those of version 0.1.</summary>
internal sealed class MuteResource(IMuteStore mutes, EndMute endMute, TimeProvider time)
{
    private const string Mute = "api/mutes/{name}";
    private const string Silence = "api/alerts/silences/{name}";
    private const string NameLetters = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Keep alerts from the channels until a time, or at certain hours</summary>
    [Function("PutMute")]
    [Takes<MuteRequest>, Answers<Mute>(200), Answers<Mute>(201)]
    public async Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Mute)] HttpRequest request, string name, CancellationToken cancellationToken)
    {
        var result = await ReadAsync(request, name, cancellationToken);
        if (result.Value is not { } mute)
            return Problem.BadRequest(result.Reason ?? "");
        if (await mutes.FindAsync(name, cancellationToken) is null)
            return await MakeAsync(mute, cancellationToken);
        await mutes.SaveAsync(mute, cancellationToken);
        // A change may end it for some alerts already.
        await endMute.RunAsync(name, cancellationToken);
        return JsonBody.Ok(mute);
    }

    /// <summary>As PutMute, with a name that no other mute has</summary>
    [Function("MakeMute")]
    [Takes<MuteRequest>, Answers<Mute>(201)]
    public async Task<IResult> PostAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/mutes")] HttpRequest request, CancellationToken cancellationToken)
    {
        // The day for who reads the list, the rest for whoever mutes in the same moment.
        var name = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyyMMdd}-{RandomNumberGenerator.GetString(NameLetters, 10)}");
        var result = await ReadAsync(request, name, cancellationToken);
        return result.Value is { } mute ? await MakeAsync(mute, cancellationToken) : Problem.BadRequest(result.Reason ?? "");
    }

    /// <summary>A mute</summary>
    [Function("GetMute")]
    [Answers<Mute>(200), Answers(404)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Mute)] HttpRequest request, string name, CancellationToken cancellationToken) =>
        await mutes.FindAsync(name, cancellationToken) is { } mute ? JsonBody.Ok(mute) : Unknown(name);

    /// <summary>All mutes, those that are over included</summary>
    [Function("ListMutes")]
    [Answers<MuteList>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/mutes")] HttpRequest request, CancellationToken cancellationToken) =>
        JsonBody.Ok(new MuteList(await mutes.ListAsync(cancellationToken)));

    /// <summary>End a mute; what still stands is told</summary>
    [Function("DeleteMute")]
    [Answers(204), Answers(404)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Mute)] HttpRequest request, string name, CancellationToken cancellationToken)
    {
        if (!await mutes.DeleteAsync(name, cancellationToken))
            return Unknown(name);
        await endMute.RunAsync(name, cancellationToken);
        return Results.NoContent();
    }

    /// <summary>As PutMute</summary>
    [Function("PutSilence")]
    [Takes<MuteRequest>, Answers<Mute>(200), Answers<Mute>(201)]
    public Task<IResult> PutSilenceAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Silence)] HttpRequest request, string name, CancellationToken cancellationToken) =>
        PutAsync(request, name, cancellationToken);

    /// <summary>As GetMute</summary>
    [Function("GetSilence")]
    [Answers<Mute>(200), Answers(404)]
    public Task<IResult> GetSilenceAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Silence)] HttpRequest request, string name, CancellationToken cancellationToken) =>
        GetAsync(request, name, cancellationToken);

    /// <summary>As DeleteMute</summary>
    [Function("DeleteSilence")]
    [Answers(204), Answers(404)]
    public Task<IResult> DeleteSilenceAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Silence)] HttpRequest request, string name, CancellationToken cancellationToken) =>
        DeleteAsync(request, name, cancellationToken);

    /// <summary>As ListMutes</summary>
    [Function("ListSilences")]
    [Answers<SilenceList>(200)]
    public async Task<IResult> ListSilencesAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/alerts/silences")] HttpRequest request, CancellationToken cancellationToken) =>
        JsonBody.Ok(new SilenceList(await mutes.ListAsync(cancellationToken)));

    private async Task<Result<Mute>> ReadAsync(HttpRequest request, string name, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<MuteRequest>(request, cancellationToken);
        return body.Value is { } wanted ? wanted.ToMute(name, time.GetUtcNow()) : Result<Mute>.Rejected(body.Reason ?? "");
    }

    private async Task<IResult> MakeAsync(Mute mute, CancellationToken cancellationToken)
    {
        await mutes.SaveAsync(mute, cancellationToken);
        await endMute.PlanAsync(mute, cancellationToken);
        return JsonBody.Ok(mute, StatusCodes.Status201Created);
    }

    private static IResult Unknown(string name) => Problem.NotFound($"No mute '{name}'.");

    internal sealed record MuteList(IReadOnlyList<Mute> Mutes);

    internal sealed record SilenceList(IReadOnlyList<Mute> Silences);
}
