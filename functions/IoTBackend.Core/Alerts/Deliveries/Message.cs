using IoTBackend.Core.Alerts.Episodes;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>One message to a channel.</summary>
/// <param name="Id">The same for all attempts.</param>
/// <param name="Notices">What it tells, the worst first; more than one = told together.</param>
/// <param name="Links">Where its reader may go on.</param>
/// <param name="Note">A sentence more: why they are told together.</param>
/// <param name="IsOfMany">It was begun for several, however many of them are left: its id is that of none of them.</param>
public sealed record Message(string Id, IReadOnlyList<Notice> Notices, IAlertLinks Links, string? Note = null, bool IsOfMany = false)
{
    /// <summary>Null = several are told together.</summary>
    public Notice? Alone => Notices.Count == 1 && !IsOfMany ? Notices[0] : null;
}

/// <summary>Links into the backend, for messages to people.</summary>
public interface IAlertLinks
{
    /// <summary>The alert in the console; null = the backend does not know its own address.</summary>
    Uri? Of(Alert alert);

    /// <summary>A page whose button acknowledges it; null as above.</summary>
    Uri? Acknowledge(Alert alert, string channel);

    /// <summary>The list of open alerts; null as above.</summary>
    Uri? List { get; }
}

/// <summary>How one attempt ended.</summary>
/// <param name="Delivered">The receiver took it.</param>
/// <param name="Reason">What the receiver or the network said, for operators: of whatever it said the first 300 characters, controls as blanks.</param>
/// <param name="IsFinal">Trying again is of no use: the receiver is gone for good, or the target is not allowed.</param>
/// <param name="IsRefusal">The receiver is well and does not like this one message.</param>
/// <param name="RetryAfter">What the receiver asked for.</param>
public sealed record DeliveryOutcome(bool Delivered, string Reason, bool IsFinal = false, bool IsRefusal = false, TimeSpan? RetryAfter = null)
{
    private const int MaxReason = 300;

    /// <summary>Stored with the lane and with each alert that was told, so it is bounded here for every kind of channel.</summary>
    public string Reason { get; init; } = Bounded(Reason);

    private static string Bounded(string said) =>
        string.Create(Math.Min(said.Length, MaxReason), said, static (text, from) =>
        {
            for (var i = 0; i < text.Length; i++)
                text[i] = char.IsControl(from[i]) ? ' ' : from[i];
        });
}

/// <summary>Speaks to one kind of channel.</summary>
public interface IChannel
{
    /// <summary>The settings it understands.</summary>
    Type Settings { get; }

    /// <summary>Never throws for what the receiver or the network does; takes <see cref="Timeout"/> at most.</summary>
    Task<DeliveryOutcome> SendAsync(Channel channel, Message message, CancellationToken cancellationToken);

    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
}

/// <summary>A receiver that forgets what it was told when it restarts, and so is told again of all that is open.</summary>
public interface IForgetfulChannel : IChannel
{
    static readonly TimeSpan RepeatEvery = TimeSpan.FromMinutes(2);

    Task<DeliveryOutcome> RepeatAsync(Channel channel, IReadOnlyList<Alert> open, CancellationToken cancellationToken);
}

/// <summary>A receiver where an alert is an incident until its end is told, and one incident stands for many that were told together.</summary>
public interface IIncidentChannel : IChannel
{
    /// <summary>Ends the incident that stood for many.</summary>
    Task<DeliveryOutcome> EndManyAsync(Channel channel, CancellationToken cancellationToken);
}

/// <summary>Speaks to any kind of channel.</summary>
public sealed class ChannelSender(IEnumerable<IChannel> kinds)
{
    private readonly Dictionary<Type, IChannel> _kinds = kinds.ToDictionary(k => k.Settings);

    public Task<DeliveryOutcome> SendAsync(Channel channel, Message message, CancellationToken cancellationToken) =>
        _kinds[channel.GetType()].SendAsync(channel, message, cancellationToken);

    public IForgetfulChannel? Forgetful(Channel channel) => _kinds[channel.GetType()] as IForgetfulChannel;

    public IIncidentChannel? Incidents(Channel channel) => _kinds[channel.GetType()] as IIncidentChannel;
}
