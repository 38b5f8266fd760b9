using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>The peer sends: puts frames together to deliveries and keeps the peer in credit.</summary>
internal abstract class IncomingLink(Session session, AttachRequest request, int maximumMessageBytes) : Link(session, request.Handle, request.Name)
{
    private readonly PartialDelivery _partial = new(session.Connection.Limits);
    private uint _deliveryCount = request.InitialDeliveryCount, _credit;
    private uint? _deliveryId;
    private uint _format;
    private bool _settled;
    private AmqpError? _refusal;

    public int MaximumMessageBytes => maximumMessageBytes;

    /// <summary>Deliveries the peer may send before it hears of the hub again.</summary>
    protected abstract uint Allowance { get; }

    public void GrantCredit()
    {
        _credit = Allowance;
        Session.WriteFlow(this, _deliveryCount, _credit);
    }

    public override void OnFlow(LinkFlow flow)
    {
        if (flow.Echo) Session.WriteFlow(this, _deliveryCount, _credit);
    }

    public void OnTransfer(TransferFrame transfer, ReadOnlySpan<byte> payload)
    {
        if (_deliveryId is null)
        {
            _deliveryId = transfer.DeliveryId ?? throw new SessionFailure(AmqpError.NotAllowed, "The first frame of a delivery needs its id.");
            (_format, _settled, _refusal) = (transfer.MessageFormat, false, null);
            if (_credit == 0)
            {
                Detach(new(AmqpError.TransferLimitExceeded, "More was sent than the credit allows."));
                return;
            }
            _credit--;
            _deliveryCount++;
        }
        _settled |= transfer.Settled;
        if (transfer.Aborted) Forget();
        else if (transfer.More) Keep(payload);
        else Finish(payload);
        Replenish();
    }

    /// <summary>More credit, once half of it is used up.</summary>
    protected void Replenish()
    {
        if (!IsClosed && _deliveryId is null && _credit < Allowance && _credit <= Allowance / 2) GrantCredit();
    }

    /// <summary>A whole delivery; its bytes are the callee's only during the call.</summary>
    /// <exception cref="AmqpException">It is rejected with that error.</exception>
    protected abstract void OnDelivery(uint deliveryId, uint format, bool settled, ReadOnlySpan<byte> message);

    protected override void OnReleased() => _partial.Clear();

    private void Keep(ReadOnlySpan<byte> payload)
    {
        if (_refusal is not null) return;
        if (_partial.Length + payload.Length > maximumMessageBytes) Refuse(TooLarge());
        else if (!_partial.TryAppend(payload)) Refuse(new(AmqpError.ServerBusy, "The hub holds more unfinished deliveries than it can; try again."));
    }

    private void Finish(ReadOnlySpan<byte> payload)
    {
        var (id, settled) = (_deliveryId!.Value, _settled);
        if (_partial.Length > 0)
        {
            Keep(payload);
            payload = _partial.Written;
        }
        else if (payload.Length > maximumMessageBytes)
        {
            Refuse(TooLarge());
        }
        try
        {
            if (_refusal is null) OnDelivery(id, _format, settled, payload);
        }
        catch (AmqpException refusal)
        {
            _refusal = refusal.Error;
        }
        if (_refusal is not null && !settled) Session.Reject(id, _refusal);
        Forget();
    }

    private void Refuse(AmqpError refusal)
    {
        _refusal = refusal;
        _partial.Clear();
    }

    private void Forget()
    {
        _deliveryId = null;
        _partial.Clear();
    }

    private AmqpError TooLarge() =>
        new(AmqpError.MessageSizeExceeded, $"The received message (delivery-id:{_deliveryId}) exceeds the limit ({maximumMessageBytes} bytes) currently allowed on the link.");
}
