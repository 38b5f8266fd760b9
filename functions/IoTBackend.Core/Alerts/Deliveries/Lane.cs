namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>
/// One channel's way out: its notices wait here, and one process at a time tells them. So what concerns one alert is told in order,
/// and a channel that is slow, dead or throttled holds up no other.
/// </summary>
public sealed record Lane
{
    public required string Channel { get; init; }

    /// <summary>Who tells now, until when at the latest.</summary>
    public DateTimeOffset HeldUntil { get; init; }

    /// <summary>Attempts that failed in a row.</summary>
    public int Failures { get; init; }

    /// <summary>The receiver asked for it, or failed.</summary>
    public DateTimeOffset RestsUntil { get; init; }

    /// <summary>In a storm: the next message of many.</summary>
    public DateTimeOffset WaitsUntil { get; init; }

    /// <summary>Somebody will look here then, at the latest.</summary>
    public DateTimeOffset NextLook { get; init; }

    /// <summary>What the receiver said last, and when.</summary>
    public string? LastAnswer { get; init; }

    public DateTimeOffset? LastAttemptAt { get; init; }

    public LaneFlow Flow { get; init; } = LaneFlow.Rested;

    /// <summary>A message that was begun: it keeps its id and its content until it was told, whatever dies meanwhile.</summary>
    public Begun? Begun { get; init; }

    /// <summary>Where alerts become incidents: those told alone that are not over, the latest 200. Their end is told alone too.</summary>
    public IReadOnlyList<string> Alone { get; init; } = [];

    /// <summary>Where alerts become incidents: one stands for many.</summary>
    public bool StandsForMany { get; init; }

    /// <summary>When a receiver that forgets is to be told again of all that is open.</summary>
    public DateTimeOffset RepeatAt { get; init; }
}

/// <param name="Id">Of the message.</param>
/// <param name="AlertId">It tells of this alert alone; null = of all that waited.</param>
/// <param name="StoredUntil">It tells the notices that the store took until then, by the store's clock.</param>
/// <param name="PlannedAt">When it was decided on.</param>
/// <param name="Note">Why they are told together.</param>
/// <param name="UpTo">It tells none that stands behind this position; null = of all.</param>
public sealed record Begun(string Id, string? AlertId, DateTimeOffset StoredUntil, DateTimeOffset PlannedAt, string? Note, string? UpTo = null);

/// <param name="Lane">The lane.</param>
/// <param name="Version">The store's; null = not stored yet.</param>
public sealed record StoredLane(Lane Lane, string? Version);

/// <param name="Notice">What is owed.</param>
/// <param name="Version">The store's: a notice that was replaced meanwhile is another.</param>
/// <param name="StoredAt">By the store's clock.</param>
/// <param name="Position">Where it stands in the lane, in ordinal order: the oldest alert first.</param>
/// <param name="SizeBytes">What it takes in memory, about.</param>
public sealed record LaneNotice(Notice Notice, string Version, DateTimeOffset StoredAt, string Position, int SizeBytes)
{
    public static readonly IComparer<LaneNotice> WorstFirst = Comparer<LaneNotice>.Create(static (a, b) =>
    {
        var (x, y) = (a.Notice, b.Notice);
        var over = (x.Type == NoticeType.Cleared).CompareTo(y.Type == NoticeType.Cleared);
        var worse = y.Alert.Severity.CompareTo(x.Alert.Severity);
        var earlier = x.At.CompareTo(y.At);
        return over != 0 ? over : worse != 0 ? worse : earlier != 0 ? earlier : string.CompareOrdinal(x.Alert.Id, y.Alert.Id);
    });
}

/// <summary>That a channel was told of an alert, or was not to be reached: a line of the alert's history.</summary>
/// <param name="Channel">Its name.</param>
/// <param name="Type">What was told.</param>
/// <param name="At">When.</param>
/// <param name="Delivered">False = given up.</param>
/// <param name="Answer">What the receiver said.</param>
/// <param name="MessageId">Of the message it was in.</param>
/// <param name="Together">How many alerts that message told of.</param>
public sealed record Telling(string Channel, NoticeType Type, DateTimeOffset At, bool Delivered, string Answer, string MessageId, int Together);

/// <summary>The lanes, what waits in them, and what was told.</summary>
public interface ILaneStore
{
    Task<StoredLane> ReadAsync(string channel, CancellationToken cancellationToken);

    /// <summary>Null = somebody else wrote since it was read.</summary>
    Task<StoredLane?> TrySaveAsync(StoredLane lane, CancellationToken cancellationToken);

    /// <summary>Puts a notice in the lane, in place of what waits there about the same alert.</summary>
    Task OweAsync(string channel, Notice notice, CancellationToken cancellationToken);

    /// <summary>What waits, by position.</summary>
    /// <param name="channel">Whose.</param>
    /// <param name="upTo">No further than this position; null = to the end.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    IAsyncEnumerable<LaneNotice> WaitingAsync(string channel, string? upTo, CancellationToken cancellationToken);

    /// <summary>Critical beginnings that wait, by position.</summary>
    IAsyncEnumerable<LaneNotice> UrgentAsync(string channel, CancellationToken cancellationToken);

    /// <summary>What waits about one alert; null = nothing.</summary>
    Task<LaneNotice?> FindAsync(string channel, string alertId, CancellationToken cancellationToken);

    /// <summary>Whether anything waits that may be told at <paramref name="now"/>.</summary>
    Task<bool> IsWaitingAsync(string channel, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Writes down what was told and takes it out of the lane, unless it was replaced meanwhile.</summary>
    Task SettleAsync(string channel, IReadOnlyList<LaneNotice> notices, Telling telling, CancellationToken cancellationToken);

    /// <summary>Puts a changed notice back, unless it was replaced meanwhile.</summary>
    Task PutBackAsync(string channel, LaneNotice notice, CancellationToken cancellationToken);

    /// <summary>What a channel was told of an alert, the oldest first.</summary>
    Task<IReadOnlyList<Telling>> HistoryAsync(string channel, string alertId, CancellationToken cancellationToken);

    /// <summary>Forgets a channel that was removed: what waits, and where it stands.</summary>
    Task ForgetAsync(string channel, CancellationToken cancellationToken);

    /// <summary>Removes what was told of alerts raised before; costs what it removes.</summary>
    Task TrimAsync(string channel, DateTimeOffset raisedBefore, CancellationToken cancellationToken);
}

/// <summary>Asks which of the quiet hours that keep notices are over, by time or because an operator ended them.</summary>
public interface IQuietHours
{
    Task<IReadOnlySet<string>> EndedAsync(IEnumerable<string> names, DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>Calls for somebody to look after a lane: a message of the queue <c>alert-deliveries</c>.</summary>
/// <param name="Channel">Whose.</param>
/// <param name="Urgent">There is a critical alert in it.</param>
public sealed record LaneCall(string Channel, bool Urgent = false);

/// <summary>The queue of calls. Durable once it returns; at-least-once.</summary>
public interface ILaneCalls
{
    /// <param name="call">Which lane.</param>
    /// <param name="after">Not before this much time has passed; zero = at once.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task EnqueueAsync(LaneCall call, TimeSpan after, CancellationToken cancellationToken);
}
