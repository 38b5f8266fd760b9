using IoTBackend.Core.Devices;

namespace IoTBackend.Core.State;

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

    /// <summary>How far the device's clock is behind ours; negative = ahead. Null = not known.</summary>
    public TimeSpan? ClockSkew { get; init; }

    /// <summary>Readings taken in, ever.</summary>
    public long Readings { get; init; }

    /// <summary>Sum of their counters (<c>seq</c>), modulo 2^64: with <see cref="Readings"/> a check that each was counted once.</summary>
    public ulong SequenceSum { get; init; }

    /// <summary>Digest of the running image by track, as last reported.</summary>
    public IReadOnlyDictionary<string, string> Images { get; init; } = new Dictionary<string, string>();
}

/// <param name="State"><c>unknown</c>, <c>normal</c>, <c>low</c>, <c>critical</c> or <c>charging</c>.</param>
/// <param name="Percent">State of charge, 0..100; null = neither reported nor to be had from the voltage.</param>
/// <param name="Voltage">Volts, robust against sags.</param>
/// <param name="DrainPerDay">Loss per day in <paramref name="DrainUnit"/>.</param>
/// <param name="DrainUnit"><c>percent</c> or <c>volt</c>.</param>
public sealed record BatteryCondition(string State, double? Percent, double? Voltage, double? DrainPerDay = null, string? DrainUnit = null);

/// <param name="Rssi">dBm, of late.</param>
/// <param name="RssiBaseline">dBm, the device's usual.</param>
/// <param name="Gateway">The gateway that heard it last.</param>
/// <param name="LossRatio">Share of messages lost lately, 0..1; null = the device counts nothing.</param>
/// <param name="Interval">Usual time between reports.</param>
/// <param name="Timeout">Silence after which it is called offline.</param>
public sealed record LinkCondition(
    double? Rssi, double? RssiBaseline, string? Gateway, double? LossRatio = null, TimeSpan? Interval = null, TimeSpan? Timeout = null);

/// <summary>When the battery is expected to reach its levels, each with the bounds of 90 % of cases.</summary>
public sealed record BatteryForecast(Detection.Forecast? Low, Detection.Forecast? Critical, Detection.Forecast? Empty);

/// <summary>The conditions of devices, from wherever their states are kept.</summary>
public interface IDeviceConditions
{
    /// <summary>One entry for each device that was heard of; the others are missing.</summary>
    Task<IReadOnlyDictionary<string, DeviceCondition>> FindAsync(IReadOnlyList<string> deviceIds, CancellationToken cancellationToken);

    /// <summary>The same of a whole fleet, by id: all states are read, once.</summary>
    Task<IReadOnlyDictionary<string, DeviceCondition>> FindAllAsync(IReadOnlyDictionary<string, Device> devices, CancellationToken cancellationToken);

    /// <summary>The status alone, of every device that was heard of: what a large fleet can be held in memory by.</summary>
    Task<IReadOnlyDictionary<string, DeviceStatus>> StatusesAsync(CancellationToken cancellationToken);
}
