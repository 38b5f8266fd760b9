using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.State;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Devices;

/// <summary>The fleet as a list and in numbers.</summary>
internal sealed class FleetResource(Fleet fleet)
{
    /// <summary>The fleet, by id</summary>
    /// <response code="200">A page; it may be empty and go on</response>
    [Function("ListDevices")]
    [Asks<DevicesAsked>, Answers<DevicePage>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/fleet/devices")] HttpRequest request, CancellationToken cancellationToken)
    {
        var query = Query.Read<DevicesAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        if (!Continuation.TryRead("devices", asked.Continuation, out var after))
            return Problem.BadContinuation();
        var page = await fleet.ListAsync(asked.Filter, asked.Top, after, cancellationToken);
        return page.Value is { } found
            ? JsonBody.Ok(new DevicePage([.. found.Devices.Select(entry => DeviceDocument.Of(entry))], Continuation.Write("devices", found.Continuation)))
            : Problem.BadRequest(page.Reason ?? "");
    }

    /// <summary>The fleet in numbers</summary>
    [Function("SummarizeFleet")]
    [Answers<FleetSummary>(200)]
    public async Task<IResult> SummarizeAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/fleet/summary")] HttpRequest request, CancellationToken cancellationToken) =>
        JsonBody.Ok(await fleet.SummarizeAsync(cancellationToken));

    internal sealed record DevicesAsked
    {
        /// <summary>
        /// Terms separated by spaces, all of which must hold: status:, model:, group:, platform:, label.NAME:, image:, id: (a prefix),
        /// battery&lt;PERCENT. For example: status:offline group:site-a battery&lt;20.
        /// </summary>
        public string? Filter { get; init; }

        /// <summary>Most entries in one page.</summary>
        [Range(1, Fleet.MaxTop)]
        public int Top { get; init; } = Fleet.DefaultTop;

        /// <summary>What the page before said.</summary>
        public string? Continuation { get; init; }
    }

    internal sealed record DevicePage(IReadOnlyList<DeviceDocument> Devices, string? Continuation);
}
