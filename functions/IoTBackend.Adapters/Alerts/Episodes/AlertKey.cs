using System.Globalization;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Adapters.Alerts.Episodes;

/// <summary>An alert's id taken apart; the key layouts are written above <see cref="TableAlerts"/>.</summary>
/// <param name="Subject">Device id or group, fit for a key.</param>
internal sealed record AlertKey(string Subject, AlertKind Kind, DateTimeOffset RaisedAt)
{
    public const string DayPrefix = "t~";

    /// <summary>Behind every day's partition.</summary>
    public const string DayEnd = "t~~";

    private const char Separator = '~';

    public string Partition => "s~" + Subject;

    public string Row => $"{TableKey.NewestFirst(RaisedAt)}{Separator}{Kind.Name()}";

    public string DayPartition => DayPrefix + TableKey.NewestFirst(new(RaisedAt.UtcDateTime.Date, TimeSpan.Zero));

    /// <summary>Also an alert's position in every list: time first, then what makes it unique.</summary>
    public string DayRow => $"{TableKey.NewestFirst(RaisedAt)}{Separator}{Subject}{Separator}{Kind.Name()}";

    public static string SubjectPartition(string subject) => "s~" + TableKey.Escape(subject);

    /// <summary>Null = not an alert's id.</summary>
    public static AlertKey? Parse(string alertId)
    {
        var raised = alertId.LastIndexOf(Separator);
        var kind = raised > 0 ? alertId.LastIndexOf(Separator, raised - 1) : -1;
        if (kind <= 0 || alertId.Length > 512
            || !AlertKinds.TryParse(alertId[(kind + 1)..raised], out var parsedKind)
            || !long.TryParse(alertId.AsSpan(raised + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            || milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            return null;
        return new(TableKey.Escape(alertId[..kind]), parsedKind, DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
    }

    /// <summary>The day's partition of a position; null = not a position.</summary>
    public static string? DayOf(string position) =>
        position.Split(Separator) is [var time, _, _] && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var inverse)
            && inverse <= DateTimeOffset.MaxValue.Ticks
            ? DayPrefix + TableKey.NewestFirst(new(new DateTimeOffset(DateTimeOffset.MaxValue.Ticks - inverse, TimeSpan.Zero).Date, TimeSpan.Zero))
            : null;

    /// <summary>A position within its subject's partition.</summary>
    public static string RowOf(string position) => position.Split(Separator) is [var time, _, var kind] ? $"{time}{Separator}{kind}" : position;
}
