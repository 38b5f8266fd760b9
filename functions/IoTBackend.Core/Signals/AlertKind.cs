using System.Reflection;
using System.Text.Json.Serialization;

namespace IoTBackend.Core.Signals;

/// <summary>What an alert is about. The names are those of the API, of webhooks, of alert files and of stored alerts: a contract, never renamed.</summary>
public enum AlertKind
{
    [JsonStringEnumMemberName("device.offline")]
    DeviceOffline,

    [JsonStringEnumMemberName("device.flapping")]
    DeviceFlapping,

    [JsonStringEnumMemberName("device.dataLoss")]
    DeviceDataLoss,

    [JsonStringEnumMemberName("link.degraded")]
    LinkDegraded,

    [JsonStringEnumMemberName("battery.low")]
    BatteryLow,

    [JsonStringEnumMemberName("battery.critical")]
    BatteryCritical,

    [JsonStringEnumMemberName("battery.drain")]
    BatteryDrain,

    [JsonStringEnumMemberName("battery.forecast")]
    BatteryForecast,

    [JsonStringEnumMemberName("battery.replaced")]
    BatteryReplaced,

    [JsonStringEnumMemberName("group.outage")]
    GroupOutage,

    [JsonStringEnumMemberName("device.imageMismatch")]
    DeviceImageMismatch,

    [JsonStringEnumMemberName("release.held")]
    ReleaseHeld,

    [JsonStringEnumMemberName("release.paused")]
    ReleasePaused,

    [JsonStringEnumMemberName("security.authFailures")]
    SecurityAuthFailures,

    [JsonStringEnumMemberName("security.unattestedModel")]
    SecurityUnattestedModel,

    [JsonStringEnumMemberName("security.digestChanged")]
    SecurityDigestChanged,

    [JsonStringEnumMemberName("release.sourceGone")]
    ReleaseSourceGone,

    [JsonStringEnumMemberName("security.exposed")]
    SecurityExposed,

    [JsonStringEnumMemberName("group.degraded")]
    GroupDegraded,

    [JsonStringEnumMemberName("release.step")]
    ReleaseStep,
}

/// <summary>How much an alert matters, in rising order.</summary>
public enum Severity
{
    Information,
    Warning,
    Critical,
}

/// <summary>The wire names of <see cref="AlertKind"/>, for what is no JSON.</summary>
public static class AlertKinds
{
    private static readonly string[] Names =
        [.. Enum.GetNames<AlertKind>().Select(member => typeof(AlertKind).GetField(member)?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? member)];

    private static readonly Dictionary<string, AlertKind> Kinds = Enum.GetValues<AlertKind>().ToDictionary(Name, StringComparer.Ordinal);

    public static string Name(this AlertKind kind) => Names[(int)kind];

    public static bool TryParse(string name, out AlertKind kind) => Kinds.TryGetValue(name, out kind);
}
