using IoTBackend.Core.Ingest;
using IoTBackend.Functions.Devices;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.DeadLetters;

/// <summary>Operators' requests about telemetry that was refused.</summary>
internal sealed class DeadLetterRequests(IDeadLetterBox letters, ResubmitDeadLetter resubmit)
{
    private const int DefaultTop = 100;
    private const int MaxTop = 500;

    public async Task<IResult> ListAsync(HttpRequest request, CancellationToken cancellationToken) =>
        DeviceRequests.Top(request, DefaultTop) is >= 1 and <= MaxTop and var top
            ? JsonBody.Ok(await letters.ListAsync(top, DeviceRequests.Text(request, "continuation"), cancellationToken))
            : Problem.BadRequest($"top must be 1 to {MaxTop}.");

    public async Task<IResult> GetAsync(string id, CancellationToken cancellationToken) =>
        await letters.FindAsync(id, cancellationToken) is { } letter ? JsonBody.Ok(letter) : Unknown(id);

    public async Task<IResult> ResubmitAsync(string id, CancellationToken cancellationToken)
    {
        var result = await resubmit.RunAsync(id, cancellationToken);
        return result switch
        {
            { Reason: { } reason } => Problem.Conflict(reason),
            { Value: { } letter } => JsonBody.Ok(letter, StatusCodes.Status202Accepted),
            _ => Unknown(id),
        };
    }

    private static IResult Unknown(string id) => Problem.NotFound($"No dead letter '{id}'.");
}
