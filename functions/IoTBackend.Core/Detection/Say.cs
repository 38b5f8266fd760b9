using System.Globalization;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection;

/// <summary>Words, times and signals shared by the detectors. Times in states are Unix milliseconds.</summary>
internal static class Say
{
    public static Signal Signal(AlertKind kind, AlertChange change, Severity severity, long raisedAt, long at, string summary, string? cause, Dictionary<string, object> evidence) =>
        new(kind, change, severity, Time(raisedAt), Time(at), summary, cause, evidence);

    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, -62_135_596_800_000, 253_402_300_799_999));

    /// <summary>In the unit that fits, to two digits and more; the same style in every sentence.</summary>
    public static string Duration(double seconds) => seconds switch
    {
        >= 2 * 86400 => Number(seconds / 86400, "d"),
        >= 2 * 3600 => Number(seconds / 3600, "h"),
        >= 120 => Number(seconds / 60, "min"),
        _ => Number(seconds, "s"),
    };

    /// <summary>Percent, whole ones from ten on.</summary>
    public static string Share(double share) => Number(100 * share, "%");

    private static string Number(double value, string unit) => value.ToString(value < 9.95 ? "0.#" : "0", CultureInfo.InvariantCulture) + " " + unit;
}
