using System.ComponentModel.DataAnnotations;

namespace IoTBackend.Adapters.Alerts.Deliveries;

/// <summary>Settings <c>Alerts__*</c>.</summary>
public sealed class AlertsOptions
{
    public const string Section = "Alerts";

    /// <summary>The name of <see cref="AllowPrivateTargets"/>, for those who miss it.</summary>
    public const string PrivateSetting = "Alerts__AllowPrivateTargets";

    /// <summary>Channels may lead to loopback and private addresses; default false. Link-local and metadata addresses stay refused.</summary>
    public bool AllowPrivateTargets { get; set; }

    /// <summary>Where people reach the backend, for the links in messages; default none, then messages have no links.</summary>
    public Uri? PublicUrl { get; set; }

    /// <summary>Days that alerts that are over, their histories and what was given up are kept: 1 to 3,650; default 90.</summary>
    [Range(1, 3650)]
    public int RetentionDays { get; set; } = 90;
}
