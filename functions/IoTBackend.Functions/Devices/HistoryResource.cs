using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.State;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Devices;

/// <summary>What a device sent lately.</summary>
internal sealed class HistoryResource(ReadHistory history)
{
    /// <summary>A device's latest readings, and its battery's life so far</summary>
    /// <response code="200">What the end of the archive has of it: a day for a small fleet, minutes for a large one; since says how far back it goes</response>
    [Function("GetDeviceHistory")]
    [Asks<HistoryAsked>, Answers<DeviceHistory>(200), Answers(404)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/fleet/devices/{deviceId}/history")] HttpRequest request, string deviceId, CancellationToken cancellationToken)
    {
        var query = Query.Read<HistoryAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        return await history.RunAsync(deviceId, asked.Top, cancellationToken) is { } found
            ? JsonBody.Ok(found)
            : Problem.NotFound($"No device '{deviceId}' is registered.");
    }

    internal sealed record HistoryAsked
    {
        /// <summary>Most readings.</summary>
        [Range(1, 10_000)]
        public int Top { get; init; } = 2000;
    }
}
