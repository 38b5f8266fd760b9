using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Releases.Judging;

/// <summary>The alert about a device that says it installed an image and whose telemetry names another.</summary>
public static class ImageMismatch
{
    /// <param name="deviceId">The device.</param>
    /// <param name="groups">Its groups.</param>
    /// <param name="release">What it was told.</param>
    /// <param name="told">The digest it was told.</param>
    /// <param name="named">The digest its telemetry names.</param>
    /// <param name="raisedAt">The same in both steps of an episode: when it was told.</param>
    /// <param name="open">False = it names the image after all, or is no longer told to.</param>
    /// <param name="now">When this was found.</param>
    public static AlertTransition Of(
        string deviceId, IReadOnlyList<string> groups, string release, string told, string? named, DateTimeOffset raisedAt, bool open, DateTimeOffset now) => new()
        {
            AlertId = AlertTransition.IdOf(deviceId, AlertKind.DeviceImageMismatch, raisedAt),
            Change = open ? AlertChange.Opened : AlertChange.Cleared,
            Kind = AlertKind.DeviceImageMismatch,
            Severity = Severity.Warning,
            DeviceId = deviceId,
            Groups = groups,
            Summary = open ? "Says it installed an image, and its telemetry names another." : "Its image is no longer in doubt.",
            RaisedAt = raisedAt,
            At = now,
            Evidence = new Dictionary<string, object> { ["release"] = release, ["told"] = told, ["named"] = named ?? "" },
        };
}
