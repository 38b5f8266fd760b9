using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.Changes;
using IoTBackend.Functions.Http;
using IoTBackend.Functions.SignIn;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Changes;

/// <summary>What is new, for pages that stay live.</summary>
internal sealed class ChangesResource(RecentChanges changes)
{
    /// <summary>
    /// Of which kinds something changed since a cursor: alerts, devices (registrations), models, releases, settings. Waits for the next change
    /// if asked to. A hint: read again what you show every minute all the same.
    /// </summary>
    [Function("GetChanges")]
    [Asks<ChangesAsked>, Answers<Core.Changes.Changes>(200)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/changes")] HttpRequest request, CancellationToken cancellationToken)
    {
        var query = Query.Read<ChangesAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        if (!RecentChanges.TryRead(asked.Since ?? "", out var since) && asked.Since is not null)
            return Problem.BadRequest("since must be the cursor of an answer before, or left out to begin.");
        return JsonBody.Ok(await changes.ReadAsync(asked.Since is null ? null : since, TimeSpan.FromSeconds(asked.Wait), Who(request), cancellationToken));
    }

    /// <summary>Whose places are counted together: a person where the platform has authenticated one, else the machine.</summary>
    private static string Who(HttpRequest request) =>
        Principal.IdOf(request) ?? request.HttpContext.Connection.RemoteIpAddress?.ToString() ?? "";

    internal sealed record ChangesAsked
    {
        /// <summary>The cursor of the answer before; without one the answer is where to begin.</summary>
        public string? Since { get; init; }

        /// <summary>Seconds to wait for a change; 0 = answer at once.</summary>
        [Range(0, 25)]
        public int Wait { get; init; }
    }
}
