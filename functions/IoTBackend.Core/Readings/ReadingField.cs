namespace IoTBackend.Core.Readings;

/// <summary>The fields of a reading: a closed set, for counting what devices get wrong.</summary>
internal enum ReadingField
{
    Time,
    Sequence,
    Next,
    Battery,
    BatteryPercent,
    BatteryVoltage,
    BatteryCharging,
    Link,
    LinkRssi,
    LinkSnr,
    LinkGateway,
    Image,
    ImageTrack,
    ImageDigest,
    Metrics,

    /// <summary>The time of a CloudEvent.</summary>
    EventTime,

    /// <summary>A SenML record.</summary>
    Record,

    /// <summary>How many there are.</summary>
    Count,
}

internal static class ReadingFields
{
    /// <summary>As it stands in answers and in the tag <c>field</c> of <c>iot.telemetry.ignored</c>.</summary>
    public static string Name(this ReadingField field) => field switch
    {
        ReadingField.Time => "ts",
        ReadingField.Sequence => "seq",
        ReadingField.Next => "next",
        ReadingField.Battery => "battery",
        ReadingField.BatteryPercent => "battery.percent",
        ReadingField.BatteryVoltage => "battery.voltage",
        ReadingField.BatteryCharging => "battery.charging",
        ReadingField.Link => "link",
        ReadingField.LinkRssi => "link.rssi",
        ReadingField.LinkSnr => "link.snr",
        ReadingField.LinkGateway => "link.gateway",
        ReadingField.Image => "image",
        ReadingField.ImageTrack => "image.track",
        ReadingField.ImageDigest => "image.digest",
        ReadingField.Metrics => "metrics",
        ReadingField.EventTime => "time",
        ReadingField.Record => "record",
        _ => throw new ArgumentOutOfRangeException(nameof(field), field, null),
    };
}
