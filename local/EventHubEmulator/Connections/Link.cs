using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Authorization;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>A link end. All members are called under the connection's gate unless they say otherwise.</summary>
internal abstract class Link(Session session, uint handle, string name)
{
    public Session Session => session;
    public uint Handle => handle;
    public string Name => name;

    /// <summary>No frame may be sent or acted upon any more; the handle is taken until the peer has detached too.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>What a valid token must allow as long as the link lives; null for <c>$cbs</c> and <c>$management</c>.</summary>
    public virtual (EntityPath Path, AccessRights Rights)? Needs => null;

    public abstract void OnFlow(LinkFlow flow);

    /// <summary>Detaches with an error; the peer will answer.</summary>
    public void Detach(AmqpError error)
    {
        if (IsClosed) return;
        Release();
        Frames.WriteDetach(session.Output, session.Channel, handle, error);
        session.Connection.Output.Notify();
    }

    /// <summary>Stops without a word to the peer.</summary>
    public void Release()
    {
        if (IsClosed) return;
        IsClosed = true;
        OnReleased();
    }

    protected virtual void OnReleased() { }
}

/// <summary>The part of a flow that is about a link.</summary>
internal readonly record struct LinkFlow(uint? DeliveryCount, uint LinkCredit, bool Drain, bool Echo);

/// <summary>An attach that was refused, until the peer detaches.</summary>
internal sealed class RefusedLink(Session session, uint handle, string name) : Link(session, handle, name)
{
    public override void OnFlow(LinkFlow flow) { }
}
