using System.ComponentModel.DataAnnotations;

namespace IoTBackend.Functions.Releases.Desired;

/// <summary>How a device asks for its desired state.</summary>
internal sealed record DesiredAsked
{
    /// <summary>Seconds to wait for a change; 0 = answer at once.</summary>
    [Range(0, 60)]
    public int Wait { get; init; }
}
