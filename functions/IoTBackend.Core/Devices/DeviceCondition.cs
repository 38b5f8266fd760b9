namespace IoTBackend.Core.Devices;

public enum DeviceStatus
{
    /// <summary>Registered, and nothing was heard of it yet.</summary>
    NeverSeen,
    Online,
    Offline,

    /// <summary>Disabled by its operator; what it last reported is kept.</summary>
    Disabled,
}

/// <summary>What a device's own reports say of it, as far as operators ask for it.</summary>
public sealed record DeviceCondition
{
    public required DeviceStatus Status { get; init; }

    /// <summary>When the last reading arrived.</summary>
    public DateTimeOffset? LastSeenAt { get; init; }

    public BatteryCondition? Battery { get; init; }

    public LinkCondition? Link { get; init; }

    public BatteryForecast? Forecast { get; init; }

    /// <summary>Digest of the running image by track, as last reported.</summary>
    public IReadOnlyDictionary<string, string> Images { get; init; } = new Dictionary<string, string>();
}

/// <param name="Percent">State of charge, 0..100.</param>
/// <param name="Voltage">Volts.</param>
/// <param name="Charging">Null = not reported.</param>
public sealed record BatteryCondition(double? Percent, double? Voltage, bool? Charging);

/// <param name="Rssi">dBm.</param>
/// <param name="Snr">dB.</param>
/// <param name="Gateway">The gateway that heard it last.</param>
public sealed record LinkCondition(double? Rssi, double? Snr, string? Gateway);

/// <summary>When the battery is expected to be empty, with the bounds of 90 % of cases.</summary>
public sealed record BatteryForecast(DateTimeOffset? EmptyAt, DateTimeOffset? EarliestAt, DateTimeOffset? LatestAt);

/// <summary>The conditions of devices, from wherever their states are kept.</summary>
public interface IDeviceConditions
{
    /// <summary>One entry for each device that was heard of; the others are missing.</summary>
    Task<IReadOnlyDictionary<string, DeviceCondition>> FindAsync(IReadOnlyList<string> deviceIds, CancellationToken cancellationToken);
}

/// <summary>For a backend that takes in no telemetry: nothing was heard of any device.</summary>
public sealed class NothingReported : IDeviceConditions
{
    public Task<IReadOnlyDictionary<string, DeviceCondition>> FindAsync(IReadOnlyList<string> deviceIds, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, DeviceCondition>>(new Dictionary<string, DeviceCondition>());
}
