using System.ComponentModel.DataAnnotations;

namespace IoTBackend.Adapters.State;

/// <summary>The sweep for devices that have gone silent.</summary>
public sealed record SweepOptions
{
    public const string Section = "Sweep";

    /// <summary>Longer without a sweep, and the time counts as a gap of the backend's, for which no device is called offline.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    public TimeSpan GapAfter { get; init; } = TimeSpan.FromSeconds(20);
}
