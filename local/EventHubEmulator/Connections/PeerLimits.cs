using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Hubs;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>
/// What one peer may make the hub hold: little until it has put a token, because anybody can be behind it. Under the connection's gate.
/// </summary>
internal sealed class PeerLimits(Grants grants, HubNamespace hubs)
{
    private const int StrangersSessions = 16, StrangersLinks = 16, Links = 2048;

    /// <summary>A client may send a whole batch to each of 32 partitions at once; a stranger sends tokens.</summary>
    private const int StrangersUnfinishedBytes = 64 * 1024, UnfinishedBytes = 64 * 1024 * 1024;

    private int _links, _unfinishedBytes;

    private bool IsStranger => !grants.WasEverGranted;

    /// <summary>Deliveries stop at this much unsent, and so does reading requests: a peer that does not read cannot make the hub grow.</summary>
    public int UnsentBytes => IsStranger ? 16 * 1024 : 512 * 1024;

    /// <exception cref="AmqpException">There are too many sessions for one more.</exception>
    public void CheckSessions(int present)
    {
        if (IsStranger && present >= StrangersSessions)
            throw new AmqpException(AmqpError.ResourceLimitExceeded, $"A connection has at most {StrangersSessions} sessions before a token was put.");
    }

    /// <summary>A place for one more link, until it is detached or its session ends.</summary>
    /// <exception cref="AmqpException">There are too many.</exception>
    public void AddLink()
    {
        if (_links >= (IsStranger ? StrangersLinks : Links))
            throw new AmqpException(AmqpError.ResourceLimitExceeded, $"A connection has at most {Links} links here, and {StrangersLinks} before a token was put.");
        _links++;
    }

    public void RemoveLinks(int count) => _links -= count;

    /// <summary>Room for bytes of deliveries that are not finished yet; give it back with <see cref="Unhold"/>.</summary>
    public bool TryHold(int bytes)
    {
        if (_unfinishedBytes + bytes > (IsStranger ? StrangersUnfinishedBytes : UnfinishedBytes) || !hubs.TryHold(bytes)) return false;
        _unfinishedBytes += bytes;
        return true;
    }

    public void Unhold(int bytes)
    {
        _unfinishedBytes -= bytes;
        hubs.Unhold(bytes);
    }
}
