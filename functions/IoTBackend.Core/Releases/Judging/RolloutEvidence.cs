namespace IoTBackend.Core.Releases.Judging;

/// <summary>The devices of one model and platform that have begun; those lost are left out.</summary>
/// <param name="Begun">Told or further.</param>
/// <param name="Settled">Soaked or failed.</param>
/// <param name="Failed">Whatever the code.</param>
public sealed record CohortCount(string Model, string Platform, int Begun, int Settled, int Failed);

/// <summary>A device as it is seen now.</summary>
/// <param name="ToldAt">Null = not yet updated.</param>
public sealed record Watched(string Id, string Model, string Platform, Sighting Seen, DateTimeOffset? ToldAt);

/// <param name="Cohorts">One for each model and platform.</param>
/// <param name="Waiting">Devices still to be told; with none, what cannot be told holds nothing up.</param>
/// <param name="Now">Telemetry up to here has been processed.</param>
public sealed record RolloutEvidence(IReadOnlyList<CohortCount> Cohorts, int Waiting, DateTimeOffset Now)
{
    /// <summary>Devices observed, through or failed in this rollout, a few hundred of each model, chosen without regard to how they fare; empty = only failures are judged.</summary>
    public IReadOnlyList<Watched> Updated { get; init; } = [];

    /// <summary>Devices of the same models that are not yet told, likewise.</summary>
    public IReadOnlyList<Watched> Others { get; init; } = [];
}
