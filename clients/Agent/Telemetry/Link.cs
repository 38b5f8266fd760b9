using static IoTBackend.Agent.Telemetry.SensorReading;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Agent.Telemetry;

/// <param name="Rssi">dBm.</param>
/// <param name="Snr">dB.</param>
internal sealed record LinkReading(double? Rssi, double? Snr, string? Gateway);

/// <summary>The device's radio: from a command's JSON, or the first interface of <c>/proc/net/wireless</c> (wireless-tools; levels in dBm).</summary>
internal sealed class Link(IReadOnlyList<string> command, string file = "/proc/net/wireless")
{
    public async Task<LinkReading?> ReadAsync(CancellationToken cancellationToken)
    {
        if (command.Count == 0)
            return FromKernel();
        using var json = await RunAsync(command, cancellationToken);
        return json is null ? null : Of(Real(json.RootElement, "rssi"), Real(json.RootElement, "snr"), Text(json.RootElement, "gateway"));
    }

    private LinkReading? FromKernel()
    {
        try
        {
            // Two lines of headings, then: interface: status quality level noise ...
            foreach (var line in File.ReadLines(file).Skip(2).Take(8))
            {
                if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, _, var level, var noise, ..] && Real(level.TrimEnd('.')) is { } rssi)
                    return Of(rssi, Real(noise.TrimEnd('.')) is { } floor and > -200 and < 0 ? rssi - floor : null, null);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A kernel without wireless has no such file.
        }

        return null;
    }

    private static LinkReading? Of(double? rssi, double? snr, string? gateway)
    {
        rssi = rssi is >= -200 and <= 20 ? rssi : null;
        gateway = gateway is { Length: > 0 and <= 128 } ? gateway : null;
        return rssi is null && snr is null && gateway is null ? null : new(rssi, snr, gateway);
    }
}
