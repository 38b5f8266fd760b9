using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection;

/// <summary>Words, times and signals shared by the detectors. Times in states are Unix milliseconds.</summary>
internal static class Say
{
    public static Signal Signal(AlertKind kind, AlertChange change, Severity severity, long raisedAt, long at, string summary, string? cause, Dictionary<string, object> evidence) =>
        new(kind, change, severity, Time(raisedAt), Time(at), summary, cause, evidence);

    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, -62_135_596_800_000, 253_402_300_799_999));

    public static string Duration(double seconds) => seconds switch
    {
        >= 2 * 86400 => $"{seconds / 86400:0.#} days",
        >= 2 * 3600 => $"{seconds / 3600:0.#} hours",
        >= 120 => $"{seconds / 60:0.#} minutes",
        _ => $"{seconds:0} seconds",
    };
}
