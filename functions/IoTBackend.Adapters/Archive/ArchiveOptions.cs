using System.ComponentModel.DataAnnotations;

namespace IoTBackend.Adapters.Archive;

/// <summary>Settings <c>Archive__*</c>.</summary>
public sealed record ArchiveOptions
{
    public const string Section = "Archive";

    /// <summary>The consumer group of ArchiveTelemetry.</summary>
    public const string ConsumerGroup = "archive";

    /// <summary>How long an hour's telemetry is kept, as an ISO 8601 duration; whole days are removed once they are older.</summary>
    [RegularExpression(@"^P(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?$", ErrorMessage = "Archive__Retention must be a duration such as P30D.")]
    public string Retention { get; init; } = "P30D";

    internal TimeSpan Kept => System.Xml.XmlConvert.ToTimeSpan(Retention);
}
