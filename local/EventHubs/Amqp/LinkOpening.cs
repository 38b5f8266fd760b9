using Amqp;
using Amqp.Framing;

namespace Azure.Messaging.EventHubs.Amqp;

/// <summary>Waits until the hub has taken or refused a link. A refusal is an attach without terminus, then a detach with the error.</summary>
internal sealed class LinkOpening
{
    private readonly TaskCompletionSource<Attach> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void OnAttached(ILink link, Attach attach)
    {
        if (attach.Role ? attach.Target is not null : attach.Source is not null) _result.TrySetResult(attach);
    }

    public async Task<Attach> WaitAsync(Link link, CancellationToken cancellationToken)
    {
        link.AddClosedCallback((_, error) => _result.TrySetException(
            new AmqpException(error ?? new Error(ErrorCode.DetachForced) { Description = "The link was closed while it was opened." })));
        return await _result.Task.WaitAsync(cancellationToken);
    }
}
