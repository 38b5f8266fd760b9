using System.Security.Cryptography;
using System.Text;
using IoTBackend.Core.Alerts.Episodes;

namespace IoTBackend.Core.Alerts.Deliveries;

public enum NoticeType
{
    Opened,
    Acknowledged,
    Cleared,
    Test,

    /// <summary>Nobody acknowledged it in time: said to the next in the chain.</summary>
    Escalated,
}

/// <summary>
/// What one channel is to be told of one alert: a row of its lane until it was told. There is one for each alert at a time;
/// a later step takes the place of one that was not told yet, so what is told is what is true now.
/// </summary>
public sealed record Notice
{
    public required NoticeType Type { get; init; }

    /// <summary>The alert, with all that was known of it.</summary>
    public required Alert Alert { get; init; }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Since when it is owed; a day later it is given up.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Tells apart what is said more than once in an alert's life: it became worse, the chain's next step.</summary>
    public string Occurrence { get; init; } = "";

    /// <summary>A sentence more: why it is told now.</summary>
    public string? Note { get; init; }

    /// <summary>W3C trace context of the step it tells of.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The quiet hours that keep it; it is told in their digest.</summary>
    public string? HeldBy { get; init; }

    /// <summary>Not before; null = at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Attempts that failed.</summary>
    public int Attempts { get; init; }

    /// <summary>The same for all attempts, and for every repetition of the step: receivers tell duplicates by it. Without dots, which part what is signed.</summary>
    public string IdFor(string channel) => HashId($"{Alert.Id}\n{Type}\n{channel}\n{Occurrence}");

    internal static string HashId(string identity) =>
        "msg_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 16));
}
