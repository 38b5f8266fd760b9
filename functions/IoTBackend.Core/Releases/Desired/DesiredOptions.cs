using System.ComponentModel.DataAnnotations;

namespace IoTBackend.Core.Releases.Desired;

/// <summary>Settings <c>Desired__*</c>.</summary>
public sealed record DesiredOptions
{
    public const string Section = "Desired";

    /// <summary>Devices that wait for their desired state at once in one process; the others are told when to ask again.</summary>
    [Range(0, int.MaxValue)]
    public int MaxWaiting { get; init; } = int.MaxValue;
}
