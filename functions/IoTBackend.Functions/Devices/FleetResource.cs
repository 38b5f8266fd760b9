using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.State;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Devices;

/// <summary>The fleet as a list and in numbers.</summary>
internal sealed class FleetResource(Fleet fleet, FleetView view)
{
    /// <summary>The fleet, by id, or sorted and counted as far as it fits into memory</summary>
    /// <response code="200">A page; it may be empty and go on</response>
    [Function("ListDevices")]
    [Asks<DevicesAsked>, Answers<DevicePage>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/fleet/devices")] HttpRequest request, CancellationToken cancellationToken)
    {
        var query = Query.Read<DevicesAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        if (asked.Sort is not null || asked.Total || asked.Skip > 0)
            return await SelectAsync(asked, cancellationToken);
        if (!Continuation.TryRead("devices", asked.Continuation, out var after))
            return Problem.BadContinuation();
        var page = await fleet.ListAsync(asked.Filter, asked.Top, after, cancellationToken);
        return page.Value is { } found
            ? JsonBody.Ok(new DevicePage([.. found.Devices.Select(entry => DeviceDocument.Of(entry))], Continuation.Write("devices", found.Continuation), null, null))
            : Problem.BadRequest(page.Reason ?? "");
    }

    /// <summary>The fleet in numbers</summary>
    [Function("SummarizeFleet")]
    [Answers<FleetSummary>(200)]
    public async Task<IResult> SummarizeAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/fleet/summary")] HttpRequest request, CancellationToken cancellationToken) =>
        JsonBody.Ok(await view.SummarizeAsync(cancellationToken));

    private async Task<IResult> SelectAsync(DevicesAsked asked, CancellationToken cancellationToken)
    {
        if (asked.Continuation is not null)
            return Problem.BadRequest("continuation: a sorted list goes on with skip.");
        var selection = await view.SelectAsync(asked.Filter, asked.Sort, asked.Skip, asked.Top, cancellationToken);
        return selection.Value is { } found
            ? JsonBody.Ok(new DevicePage([.. found.Devices.Select(entry => DeviceDocument.Of(entry))], null, found.Total, found.At))
            : Problem.BadRequest(selection.Reason ?? "");
    }

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

        /// <summary>
        /// id, status, model, lastSeen, battery, empty, rssi or loss, with a minus before it for the other way round; served from memory, as total and
        /// skip are, and then some seconds old for a large fleet.
        /// </summary>
        public string? Sort { get; init; }

        /// <summary>Count all that match.</summary>
        public bool Total { get; init; }

        /// <summary>Entries of a sorted list to leave out at its beginning.</summary>
        [Range(0, FleetView.MaxDevices)]
        public int Skip { get; init; }
    }

    /// <param name="Devices">A page.</param>
    /// <param name="Continuation">For the next one; missing = this was the last, or the list is sorted.</param>
    /// <param name="Total">How many match in all, where that was asked for.</param>
    /// <param name="At">When a sorted list's fleet was read.</param>
    internal sealed record DevicePage(IReadOnlyList<DeviceDocument> Devices, string? Continuation, int? Total, DateTimeOffset? At);
}
