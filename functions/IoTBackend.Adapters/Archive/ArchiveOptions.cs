using System.ComponentModel.DataAnnotations;

namespace IoTBackend.Adapters.Archive;

/// <summary>Settings <c>Archive__*</c>.</summary>
public sealed record ArchiveOptions
{
    public const string Section = "Archive";

    /// <summary>Days of telemetry that are kept, as an ISO 8601 duration of whole days.</summary>
    [RegularExpression(@"^P\d{1,5}D$", ErrorMessage = "Archive__Retention must be a number of days such as P30D.")]
    public string Retention { get; init; } = "P30D";

    internal TimeSpan Kept => System.Xml.XmlConvert.ToTimeSpan(Retention);
}
