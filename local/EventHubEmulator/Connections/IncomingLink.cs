using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Hubs;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>The peer sends: puts frames together to deliveries and keeps the peer in credit.</summary>
internal abstract class IncomingLink(Session session, uint handle, string name, uint initialDeliveryCount) : Link(session, handle, name)
{
    private const uint Credit = 1000;
    private AmqpWriter? _partial;
    private uint _deliveryCount = initialDeliveryCount, _credit;
    private uint? _deliveryId;
    private uint _format;
    private bool _settled, _tooLarge;

    public void GrantCredit()
    {
        _credit = Credit;
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
            (_format, _settled, _tooLarge) = (transfer.MessageFormat, false, false);
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
        if (!IsClosed && _deliveryId is null && _credit <= Credit / 2) GrantCredit();
    }

    /// <summary>A whole delivery; its bytes are the callee's only during the call.</summary>
    /// <exception cref="AmqpException">It is rejected with that error.</exception>
    protected abstract void OnDelivery(uint deliveryId, uint format, bool settled, ReadOnlySpan<byte> message);

    protected override void OnReleased() => _partial = null;

    private void Keep(ReadOnlySpan<byte> payload)
    {
        _partial ??= new(Math.Max(1024, payload.Length * 2));
        if (_partial.Length + payload.Length > Hub.MaximumMessageBytes) _tooLarge = true;
        if (_tooLarge) _partial.Clear(keepAtMost: 64 * 1024);
        else _partial.Raw(payload);
    }

    private void Finish(ReadOnlySpan<byte> payload)
    {
        var (id, settled) = (_deliveryId!.Value, _settled);
        try
        {
            if (_tooLarge || (_partial?.Length ?? 0) + payload.Length > Hub.MaximumMessageBytes)
                throw new AmqpException(AmqpError.MessageSizeExceeded, $"The received message (delivery-id:{id}) exceeds the limit ({Hub.MaximumMessageBytes} bytes) currently allowed on the link.");
            if (_partial is { Length: > 0 } partial)
            {
                partial.Raw(payload);
                payload = partial.Written;
            }
            OnDelivery(id, _format, settled, payload);
        }
        catch (AmqpException refusal)
        {
            if (!settled) Session.Reject(id, refusal.Error);
        }
        Forget();
    }

    private void Forget()
    {
        _deliveryId = null;
        _partial?.Clear(keepAtMost: 256 * 1024);
    }
}
