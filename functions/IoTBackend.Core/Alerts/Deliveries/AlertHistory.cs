using System.Diagnostics.CodeAnalysis;
using IoTBackend.Core.Alerts.Episodes;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>Something that happened to an alert.</summary>
/// <param name="At">When.</param>
/// <param name="What"><c>opened</c>, <c>acknowledged</c>, <c>cleared</c>, <c>told</c>, <c>notDelivered</c>, <c>comment</c>.</param>
/// <param name="By">Who did it.</param>
/// <param name="Text">What was said, or what the receiver answered.</param>
/// <param name="Channel">Who was told.</param>
/// <param name="Told">What that channel was told.</param>
/// <param name="MessageId">Of the message it was in.</param>
/// <param name="Together">How many alerts that message told of.</param>
public sealed record HistoryEntry(
    DateTimeOffset At, string What, string? By = null, string? Text = null, string? Channel = null, NoticeType? Told = null, string? MessageId = null, int? Together = null);

/// <summary>An alert with all that happened to it.</summary>
public sealed record AlertDetails : Alert
{
    [SetsRequiredMembers]
    public AlertDetails(Alert alert, IReadOnlyList<HistoryEntry> history)
        : base(alert) => History = history;

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<HistoryEntry> History { get; }
}

/// <summary>Gathers what happened to an alert: its own steps, what people wrote, and who was told with what answer.</summary>
public sealed class ReadAlert(IAlertStore alerts, ILaneStore lanes, ICommentStore comments)
{
    /// <summary>Null = there is no such alert.</summary>
    public async Task<AlertDetails?> RunAsync(string alertId, CancellationToken cancellationToken)
    {
        if (await alerts.FindAsync(alertId, cancellationToken) is not { Alert: var alert })
            return null;
        var written = comments.ListAsync(alertId, cancellationToken);
        var told = await Task.WhenAll((alert.Channels ?? []).Select(channel => lanes.HistoryAsync(channel, alertId, cancellationToken)));
        List<HistoryEntry> history =
        [
            .. Steps(alert),
            .. told.SelectMany(t => t).Select(t => new HistoryEntry(t.At, t.Delivered ? "told" : "notDelivered", null, t.Answer, t.Channel, t.Type, t.MessageId, t.Together)),
            .. (await written).Select(c => new HistoryEntry(c.At, "comment", c.By, c.Text)),
        ];
        return new(alert, [.. history.OrderBy(h => h.At)]);
    }

    private static IEnumerable<HistoryEntry> Steps(Alert alert)
    {
        if (alert.OpenedAt is { } opened)
            yield return new(opened, "opened");
        if (alert.AcknowledgedAt is { } acknowledged)
            yield return new(acknowledged, "acknowledged", alert.AcknowledgedBy);
        if (alert.ClearedAt is { } cleared)
            yield return new(cleared, "cleared");
    }
}
