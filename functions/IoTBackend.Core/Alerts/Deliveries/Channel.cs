using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Deliveries;

public enum ChannelType
{
    /// <summary>Standard Webhooks: signed, with an id to tell repetitions by.</summary>
    Webhook,

    /// <summary>Prometheus Alertmanager, API v2.</summary>
    Alertmanager,

    /// <summary>A Slack incoming webhook, or what understands its form (Mattermost, Rocket.Chat).</summary>
    Slack,
}

/// <summary>Where alerts go.</summary>
public sealed record Channel
{
    public required string Name { get; init; }

    public required ChannelType Type { get; init; }

    public required Uri Url { get; init; }

    /// <summary>A webhook's signing secret, or the bearer token of an Alertmanager; never shown again, never logged.</summary>
    public string? Secret { get; init; }

    /// <summary>Less does not go there.</summary>
    public Severity MinSeverity { get; init; }

    /// <summary>Empty = all.</summary>
    public IReadOnlyList<AlertKind> Kinds { get; init; } = [];

    /// <summary>Only alerts of one of these groups; empty = all.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];
}
