namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>Replies of a request node go out. They wait for credit, up to a limit.</summary>
internal sealed class ReplyLink(Session session, AttachRequest request, string node) : Link(session, request.Handle, request.Name)
{
    private const int MaximumWaiting = 100;
    private readonly Queue<byte[]> _waiting = new();
    private uint _deliveryCount, _credit;

    public string Node => node;

    /// <summary>Address that requests may name as reply-to; the JavaScript client names the link instead.</summary>
    public string? TargetAddress { get; } = request.TargetAddress;

    public void Send(ReadOnlySpan<byte> message)
    {
        if (IsClosed || _waiting.Count >= MaximumWaiting) return;
        _waiting.Enqueue(message.ToArray());
        SendWaiting();
    }

    public override void OnFlow(LinkFlow flow)
    {
        _credit = (uint)Math.Max(0, unchecked((int)((flow.DeliveryCount ?? 0) + Math.Min(flow.LinkCredit, int.MaxValue) - _deliveryCount)));
        SendWaiting();
        if (flow.Drain)
        {
            _deliveryCount += _credit;
            _credit = 0;
        }
        if (flow.Drain || flow.Echo) Session.WriteFlow(this, _deliveryCount, _credit, flow.Drain);
    }

    private void SendWaiting()
    {
        while (_credit > 0 && _waiting.TryDequeue(out var message))
        {
            Session.Deliver(Handle, message);
            _credit--;
            _deliveryCount++;
        }
        Session.Connection.Output.Notify();
    }
}
