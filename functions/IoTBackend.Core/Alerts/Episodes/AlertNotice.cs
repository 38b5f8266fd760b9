using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Episodes;

public enum NoticeType
{
    Opened,
    Acknowledged,
    Cleared,
    Test,
}

/// <summary>Something channels are to be told.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Alert">The alert, with all that is known of it.</param>
/// <param name="At">When it happened.</param>
/// <param name="State">The alert's state through this step, which later ones may have overtaken.</param>
/// <param name="WorseThan">Not null: it became worse than this, and only channels that were not told before are meant.</param>
public sealed record AlertNotice(NoticeType Type, Alert Alert, DateTimeOffset At, AlertState State, Severity? WorseThan)
{
    /// <summary>The worst it was counts, so that whoever heard of the beginning hears of the end.</summary>
    public bool Concerns(Channel channel) =>
        Alert.WorstSeverity >= channel.MinSeverity
        && (WorseThan is null || WorseThan < channel.MinSeverity)
        && (channel.Kinds.Count == 0 || channel.Kinds.Contains(Alert.Kind))
        && (channel.Groups.Count == 0 || channel.Groups.Any(g => g == Alert.Group || Alert.Groups.Contains(g)));
}
