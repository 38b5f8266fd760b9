using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Functions.Alerts;

/// <summary>Which alerts an operator asks for.</summary>
internal sealed record AlertsAsked
{
    public AlertState? State { get; init; }

    public AlertKind? Kind { get; init; }

    [Name]
    public string? DeviceId { get; init; }

    /// <summary>Of this group, and of the devices that were in it.</summary>
    [Name]
    public string? Group { get; init; }

    /// <summary>Raised at this time or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Most entries in one page.</summary>
    [Range(1, 500)]
    public int Top { get; init; } = 100;

    /// <summary>What the page before said.</summary>
    public string? Continuation { get; init; }
}
