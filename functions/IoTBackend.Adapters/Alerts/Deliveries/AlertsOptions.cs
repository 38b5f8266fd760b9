namespace IoTBackend.Adapters.Alerts.Deliveries;

/// <summary>Settings <c>Alerts__*</c>.</summary>
public sealed class AlertsOptions
{
    public const string Section = "Alerts";

    /// <summary>Channels may lead to loopback and private addresses; default false. Link-local and metadata addresses stay refused.</summary>
    public bool AllowPrivateTargets { get; set; }
}
