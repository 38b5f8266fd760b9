using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>A session: windows, links, and the order of deliveries. Under the connection's gate.</summary>
internal sealed class Session(AmqpConnection connection, ushort channel, uint nextIncomingId, uint peerIncomingWindow)
{
    private const uint HandleMax = 1023;
    private const uint IncomingWindow = 4096;
    private readonly Dictionary<uint, Link> _links = [];
    private readonly List<uint> _accepted = [];
    private uint _nextIncomingId = nextIncomingId, _incomingWindow = IncomingWindow;
    private uint _nextOutgoingId, _nextDeliveryId, _peerIncomingWindow = peerIncomingWindow;

    public AmqpConnection Connection => connection;
    public AmqpWriter Output => connection.Output.Writer;
    public ushort Channel => channel;
    public IEnumerable<Link> Links => _links.Values;
    public bool IsEnded { get; private set; }

    /// <summary>Frames the peer can still take.</summary>
    public uint PeerIncomingWindow => _peerIncomingWindow;

    public void Begin() => Frames.WriteBegin(Output, channel, _nextOutgoingId, IncomingWindow, IncomingWindow, HandleMax);

    public void OnFrame(ulong performative, AmqpReader fields, int count, ReadOnlySpan<byte> payload)
    {
        switch (performative)
        {
            case Frames.Attach: OnAttach(AttachRequest.Parse(fields, count)); break;
            case Frames.Flow: OnFlow(fields, count); break;
            case Frames.Transfer: OnTransfer(fields, count, payload); break;
            case Frames.Disposition: break; // Readers have nothing to settle: deliveries are sent settled.
            case Frames.Detach: OnDetach(fields, count); break;
            default: throw new AmqpException(AmqpError.NotImplemented, $"The performative 0x{performative:x} is unknown.");
        }
    }

    public void Abandon()
    {
        IsEnded = true;
        foreach (var link in _links.Values) link.Release();
        connection.Limits.RemoveLinks(_links.Count);
        _links.Clear();
    }

    public void DropUnauthorized(DateTimeOffset now)
    {
        foreach (var link in _links.Values)
            if (!link.IsClosed && link.Needs is { } needs && !connection.Grants.Allow(needs.Path, needs.Rights))
                link.Detach(new(AmqpError.Unauthorized, $"ExpiredToken: The token for '{needs.Path.Value}' expired at or before {now:u}."));
    }

    /// <summary>Settled as accepted once <see cref="FlushAccepted"/> is called, neighbours in one frame.</summary>
    public void Accept(uint deliveryId) => _accepted.Add(deliveryId);

    public void FlushAccepted()
    {
        if (_accepted.Count == 0) return;
        for (var i = 0; i < _accepted.Count && !IsEnded;)
        {
            var (first, last) = (_accepted[i], _accepted[i]);
            while (++i < _accepted.Count && _accepted[i] == last + 1) last++;
            Frames.WriteDisposition(Output, channel, first, last, null);
        }
        _accepted.Clear();
        connection.Output.Notify();
    }

    public void Reject(uint deliveryId, AmqpError error)
    {
        if (IsEnded) return;
        Frames.WriteDisposition(Output, channel, deliveryId, deliveryId, error);
        connection.Output.Notify();
    }

    /// <summary>One settled delivery, in as many frames as the peer's frame size asks for.</summary>
    public void Deliver(uint handle, ReadOnlySpan<byte> payload)
    {
        var deliveryId = _nextDeliveryId++;
        var most = (int)Math.Min(connection.PeerMaxFrameSize, 1024 * 1024) - Frames.TransferOverheadBytes;
        do
        {
            var part = payload.Length > most ? payload[..most] : payload;
            payload = payload[part.Length..];
            Frames.WriteTransfer(Output, channel, handle, deliveryId, !payload.IsEmpty, part);
            _nextOutgoingId++;
            if (_peerIncomingWindow > 0) _peerIncomingWindow--;
        }
        while (!payload.IsEmpty);
    }

    public void WriteFlow(Link? link = null, uint deliveryCount = 0, uint credit = 0, bool drain = false)
    {
        var frame = Output.BeginFrame(channel);
        Output.Descriptor(Frames.Flow);
        var list = Output.BeginList(link is null ? 4 : 9);
        Output.UInt(_nextIncomingId);
        Output.UInt(_incomingWindow);
        Output.UInt(_nextOutgoingId);
        Output.UInt(IncomingWindow);
        if (link is not null)
        {
            Output.UInt(link.Handle);
            Output.UInt(deliveryCount);
            Output.UInt(credit);
            Output.UInt(0);
            Output.Bool(drain);
        }
        Output.End(list);
        Output.EndFrame(frame);
    }

    private void OnAttach(AttachRequest request)
    {
        if (request.Handle > HandleMax) throw new AmqpException(AmqpError.FramingError, $"Handles go up to {HandleMax}.");
        if (_links.ContainsKey(request.Handle)) throw new SessionFailure(AmqpError.HandleInUse, $"Handle {request.Handle} is in use.");
        connection.Limits.AddLink();
        try
        {
            var link = LinkFactory.Create(this, request);
            _links.Add(request.Handle, link);
            LinkFactory.WriteAttach(Output, channel, request, link);
            if (link is IncomingLink incoming) incoming.GrantCredit();
            else if (link is ConsumerLink consumer) consumer.Start();
        }
        catch (AmqpException refusal)
        {
            _links.Add(request.Handle, new RefusedLink(this, request.Handle, request.Name));
            LinkFactory.WriteAttach(Output, channel, request, null);
            Frames.WriteDetach(Output, channel, request.Handle, refusal.Error);
        }
    }

    private void OnFlow(AmqpReader fields, int count)
    {
        if (count < 4) throw new AmqpException(AmqpError.DecodeError, "A flow needs its session fields.");
        var nextIncomingId = fields.ReadUInt() ?? 0;
        var window = fields.ReadUInt() ?? 0;
        fields.ReadUInt();
        fields.ReadUInt();
        // What is in flight towards the peer counts against the window it had when it wrote this (part 2, section 2.5.6).
        var room = unchecked((int)(nextIncomingId + window - _nextOutgoingId));
        _peerIncomingWindow = window > int.MaxValue ? window : (uint)Math.Max(0, room);
        var handle = count > 4 ? fields.ReadUInt() : null;
        var deliveryCount = count > 5 ? fields.ReadUInt() : null;
        var credit = count > 6 ? fields.ReadUInt() ?? 0 : 0;
        if (count > 7) fields.ReadUInt();
        var drain = count > 8 && (fields.ReadBool() ?? false);
        var echo = count > 9 && (fields.ReadBool() ?? false);
        if (handle is not null)
        {
            if (!_links.TryGetValue(handle.Value, out var link)) throw new SessionFailure(AmqpError.UnattachedHandle, $"Handle {handle} is not attached.");
            if (!link.IsClosed) link.OnFlow(new(deliveryCount, credit, drain, echo));
        }
        else if (echo)
        {
            WriteFlow();
        }
        // The window may have opened for every reader of the session.
        foreach (var link in _links.Values) (link as ConsumerLink)?.Wake();
    }

    private void OnTransfer(AmqpReader fields, int count, ReadOnlySpan<byte> payload)
    {
        var transfer = TransferFrame.Parse(fields, count);
        if (_incomingWindow == 0) throw new SessionFailure(AmqpError.WindowViolation, "More frames were sent than the window allows.");
        _nextIncomingId++;
        if (--_incomingWindow <= IncomingWindow / 2)
        {
            _incomingWindow = IncomingWindow;
            WriteFlow();
        }
        if (!_links.TryGetValue(transfer.Handle, out var link)) throw new SessionFailure(AmqpError.UnattachedHandle, $"Handle {transfer.Handle} is not attached.");
        if (link.IsClosed) return;
        if (link is IncomingLink incoming) incoming.OnTransfer(transfer, payload);
        else throw new SessionFailure(AmqpError.NotAllowed, "Only a sender can send.");
    }

    private void OnDetach(AmqpReader fields, int count)
    {
        var handle = (count > 0 ? fields.ReadUInt() : null) ?? throw new AmqpException(AmqpError.DecodeError, "A detach needs a handle.");
        if (!_links.Remove(handle, out var link)) return;
        connection.Limits.RemoveLinks(1);
        if (link.IsClosed || link is RefusedLink) return;
        link.Release();
        Frames.WriteDetach(Output, channel, handle, null);
    }
}
