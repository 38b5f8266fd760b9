using IoTBackend.Core.Devices.Enrolment;

namespace IoTBackend.Functions.Enrolment;

/// <summary>A device that has taken one of a claim's places.</summary>
internal sealed record ClaimedDevice(string DeviceId, DateTimeOffset At);

/// <summary>A claim as the API shows it.</summary>
internal sealed record ClaimDocument
{
    public required string Id { get; init; }

    /// <summary>In the answer that made the claim only.</summary>
    public string? Token { get; init; }

    public string? Model { get; init; }

    public string? Platform { get; init; }

    public required IReadOnlyList<string> Groups { get; init; }

    public TimeSpan? ReportingInterval { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public string? IdPrefix { get; init; }

    public required int Uses { get; init; }

    public required int Used { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>In the answer about one claim only.</summary>
    public IReadOnlyList<ClaimedDevice>? Devices { get; init; }

    public static ClaimDocument Of(Claim claim, IReadOnlyCollection<ClaimUse> uses) => new()
    {
        Id = claim.Id,
        Model = claim.Asked.Model,
        Platform = claim.Asked.Platform,
        Groups = claim.Asked.Groups ?? [],
        ReportingInterval = claim.Asked.ReportingInterval,
        Labels = claim.Asked.Labels ?? new Dictionary<string, string>(),
        IdPrefix = claim.Asked.IdPrefix,
        Uses = claim.Asked.Uses,
        Used = uses.Count,
        CreatedAt = claim.CreatedAt,
        ExpiresAt = claim.ExpiresAt,
        RevokedAt = claim.RevokedAt,
    };
}
