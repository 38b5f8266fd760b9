using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Readings;

namespace IoTBackend.Core.State;

/// <param name="At">When it arrived.</param>
/// <param name="Time">When it was taken, by the device's clock.</param>
/// <param name="Sequence">The device's counter.</param>
/// <param name="BatteryPercent">0..100.</param>
/// <param name="BatteryVoltage">Volts.</param>
/// <param name="Rssi">dBm.</param>
/// <param name="Snr">dB.</param>
/// <param name="Gateway">The gateway that heard it.</param>
/// <param name="Digest">The image it runs.</param>
public sealed record PastReading(
    DateTimeOffset At, DateTimeOffset? Time, long? Sequence, double? BatteryPercent, double? BatteryVoltage, double? Rssi, double? Snr, string? Gateway, string? Digest)
{
    public static PastReading Of(in Reading reading, DateTimeOffset at) => new(
        at, reading.Time, reading.Sequence, reading.BatteryPercent, reading.BatteryVoltage, reading.Rssi, reading.Snr, reading.Gateway, reading.Digest);
}

/// <param name="At">When it arrived.</param>
/// <param name="ContentType">As the device said.</param>
/// <param name="Body">As it came, as far as it is text; the first 4,096 characters.</param>
public sealed record RawReading(DateTimeOffset At, string? ContentType, string Body);

/// <param name="Readings">The oldest first.</param>
/// <param name="Raw">The latest as they came, the newest first.</param>
/// <param name="Since">From when on they are all here; what is older was not looked for.</param>
public sealed record ReadingHistory(IReadOnlyList<PastReading> Readings, IReadOnlyList<RawReading> Raw, DateTimeOffset Since);

/// <summary>What a device sent lately, as far as it can be found at a bounded cost.</summary>
public interface IReadingArchive
{
    /// <param name="deviceId">Whose.</param>
    /// <param name="top">Most readings: the latest.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    Task<ReadingHistory> FindAsync(string deviceId, int top, CancellationToken cancellationToken);
}

/// <param name="Readings">The oldest first.</param>
/// <param name="Raw">The latest as they came, the newest first.</param>
/// <param name="Since">From when on they are all here.</param>
/// <param name="Battery">Its battery's life so far; missing = no level was ever reported.</param>
public sealed record DeviceHistory(IReadOnlyList<PastReading> Readings, IReadOnlyList<RawReading> Raw, DateTimeOffset Since, BatteryCourse? Battery);

/// <summary>The latest readings of a device, and the course of its battery.</summary>
public sealed class ReadHistory(IDeviceRegistry devices, IDeviceStates states, DevicePolicies policies, IReadingArchive archive)
{
    /// <summary>Null = not registered.</summary>
    public async Task<DeviceHistory?> RunAsync(string deviceId, int top, CancellationToken cancellationToken)
    {
        if (await devices.FindAsync(deviceId, cancellationToken) is null)
            return null;
        var found = archive.FindAsync(deviceId, top, cancellationToken);
        var record = await states.FindAsync(deviceId, cancellationToken);
        var course = record is { } known && await policies.FindAsync(deviceId, cancellationToken) is var (_, policy) ? known.Detection.BatteryCourse(policy) : null;
        var history = await found;
        return new(history.Readings, history.Raw, history.Since, course);
    }
}
