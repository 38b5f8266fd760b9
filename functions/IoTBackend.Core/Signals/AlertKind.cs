namespace IoTBackend.Core.Signals;

/// <summary>What an alert is about. The wire name (<c>device.offline</c>) comes from <see cref="AlertKinds.Name"/>.</summary>
public enum AlertKind
{
    DeviceOffline,
    DeviceFlapping,
    DeviceDataLoss,
    LinkDegraded,
    BatteryLow,
    BatteryCritical,
    BatteryDrain,
    BatteryForecast,
    BatteryReplaced,
    GroupOutage,
    DeviceImageMismatch,
    ReleaseHeld,
    ReleasePaused,
    ReleaseSourceGone,
    SecurityAuthFailures,
    SecurityUnattestedModel,
    SecurityDigestChanged,
}

/// <summary>How much an alert matters, in rising order.</summary>
public enum Severity
{
    Information,
    Warning,
    Critical,
}

/// <summary>The names of <see cref="AlertKind"/> in the API, in webhooks and in alert files. A contract: never renamed.</summary>
public static class AlertKinds
{
    public static string Name(this AlertKind kind) => kind switch
    {
        AlertKind.DeviceOffline => "device.offline",
        AlertKind.DeviceFlapping => "device.flapping",
        AlertKind.DeviceDataLoss => "device.dataLoss",
        AlertKind.LinkDegraded => "link.degraded",
        AlertKind.BatteryLow => "battery.low",
        AlertKind.BatteryCritical => "battery.critical",
        AlertKind.BatteryDrain => "battery.drain",
        AlertKind.BatteryForecast => "battery.forecast",
        AlertKind.BatteryReplaced => "battery.replaced",
        AlertKind.GroupOutage => "group.outage",
        AlertKind.DeviceImageMismatch => "device.imageMismatch",
        AlertKind.ReleaseHeld => "release.held",
        AlertKind.ReleasePaused => "release.paused",
        AlertKind.ReleaseSourceGone => "release.sourceGone",
        AlertKind.SecurityAuthFailures => "security.authFailures",
        AlertKind.SecurityUnattestedModel => "security.unattestedModel",
        AlertKind.SecurityDigestChanged => "security.digestChanged",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static readonly Dictionary<string, AlertKind> Kinds = Enum.GetValues<AlertKind>().ToDictionary(Name, StringComparer.Ordinal);

    public static bool TryParse(string name, out AlertKind kind) => Kinds.TryGetValue(name, out kind);
}
