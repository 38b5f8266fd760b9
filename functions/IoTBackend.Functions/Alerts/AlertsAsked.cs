using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Alerts.Episodes;

namespace IoTBackend.Functions.Alerts;

/// <summary>Which alerts an operator asks for.</summary>
internal sealed record AlertsAsked
{
    public AlertState? State { get; init; }

    [Name]
    public string? DeviceId { get; init; }

    [Range(1, 500)]
    public int Top { get; init; } = 100;

    public string? Continuation { get; init; }
}
