using Amqp;

namespace Azure.Messaging.EventHubs.Amqp;

/// <summary>Every link has a session of its own, which ends with it.</summary>
internal static class LinkClosing
{
    /// <summary>Ends the session of a link, whatever state either is in; waits for the hub's answer up to the limit.</summary>
    public static async Task EndSessionAsync(this Link link, TimeSpan limit)
    {
        try
        {
            if (!link.Session.IsClosed) await link.Session.CloseAsync(limit, null);
        }
        catch (Exception error) when (error is AmqpException or TimeoutException or IOException or ObjectDisposedException)
        {
            // Closed already, by the other side.
        }
    }
}
