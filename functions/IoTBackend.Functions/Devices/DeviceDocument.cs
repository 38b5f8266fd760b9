using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Devices;
using IoTBackend.Core.State;

namespace IoTBackend.Functions.Devices;

/// <summary>A device as the API shows it. Keys are in the answers to a registration and a rotation only.</summary>
internal sealed record DeviceDocument
{
    public required string DeviceId { get; init; }

    public string? PrimaryKey { get; init; }

    public string? SecondaryKey { get; init; }

    public string? Model { get; init; }

    public string? Platform { get; init; }

    public required IReadOnlyList<string> Groups { get; init; }

    public TimeSpan? ReportingInterval { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public required bool Enabled { get; init; }

    public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>Id of the claim it enrolled with; missing where an operator registered it.</summary>
    public string? EnrolledWith { get; init; }

    public required DeviceStatus Status { get; init; }

    public DateTimeOffset? LastSeenAt { get; init; }

    public BatteryCondition? Battery { get; init; }

    public LinkCondition? Link { get; init; }

    public BatteryForecast? Forecast { get; init; }

    public IReadOnlyDictionary<string, string>? Images { get; init; }

    public TimeSpan? ClockSkew { get; init; }

    public long? Readings { get; init; }

    public ulong? SequenceSum { get; init; }

    /// <summary>Not in lists.</summary>
    public IReadOnlyList<Alert>? OpenAlerts { get; init; }

    public static DeviceDocument Of(FleetEntry entry, KeyPair? keys = null) => new()
    {
        DeviceId = entry.Device.Id,
        PrimaryKey = keys?.PrimaryKey,
        SecondaryKey = keys?.SecondaryKey,
        Model = entry.Device.Model,
        Platform = entry.Device.Platform,
        Groups = entry.Device.Groups,
        ReportingInterval = entry.Device.ReportingInterval,
        Labels = entry.Device.Labels,
        Enabled = entry.Device.Enabled,
        RegisteredAt = entry.Device.RegisteredAt,
        EnrolledWith = entry.Device.Enrolled?.Claim,
        Status = entry.Status,
        LastSeenAt = entry.Condition?.LastSeenAt,
        Battery = entry.Condition?.Battery,
        Link = entry.Condition?.Link,
        Forecast = entry.Condition?.Forecast,
        Images = entry.Condition?.Images,
        ClockSkew = entry.Condition?.ClockSkew,
        Readings = entry.Condition?.Readings,
        SequenceSum = entry.Condition?.SequenceSum,
    };
}
