using System.Collections.Concurrent;
using Amqp;
using Amqp.Framing;

namespace Azure.Messaging.EventHubs.Amqp;

/// <summary>Request and reply over a pair of links (<c>$cbs</c>, <c>$management</c>); replies are matched by correlation id.</summary>
internal sealed class RequestLink
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Message>> _waiting = new();
    private readonly SenderLink _sender;
    private readonly ReceiverLink _receiver;
    private readonly string _replyTo;
    private Error? _error;

    public RequestLink(Connection connection, string address)
    {
        _replyTo = $"{address}-reply-{Guid.NewGuid():N}";
        var session = new Session(connection);
        _receiver = new ReceiverLink(session, _replyTo,
            new Attach { Source = new Source { Address = address }, Target = new Target { Address = _replyTo } }, null);
        _sender = new SenderLink(session, $"{address}-{Guid.NewGuid():N}", address);
        _receiver.Closed += (_, error) => FailAll(error);
        _sender.Closed += (_, error) => FailAll(error);
        _receiver.Start(100, Complete);
    }

    public bool IsClosed => _sender.IsClosed || _receiver.IsClosed;

    /// <exception cref="EventHubsException">The reply is an error, or none can come any more.</exception>
    public async Task<Message> AskAsync(Message request, string hub, CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid().ToString("N");
        request.Properties = new Properties { MessageId = id, ReplyTo = _replyTo };
        var reply = new TaskCompletionSource<Message>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = reply;
        try
        {
            if (IsClosed) throw AmqpErrors.ToException(_error, hub);
            _sender.Send(request, null, null);
            using var cancellation = cancellationToken.Register(static state => ((TaskCompletionSource<Message>)state!).TrySetCanceled(), reply);
            var answer = await reply.Task;
            var status = Convert.ToInt32(answer.ApplicationProperties?["status-code"] ?? 500, null);
            if (status is >= 200 and < 300) return answer;
            var condition = answer.ApplicationProperties?["error-condition"]?.ToString() ?? status switch
            {
                400 => "amqp:invalid-field",
                401 or 403 => "amqp:unauthorized-access",
                404 => "amqp:not-found",
                503 => "com.microsoft:server-busy",
                _ => "amqp:internal-error",
            };
            throw AmqpErrors.ToException(
                new Error(condition) { Description = $"{answer.ApplicationProperties?["status-description"]} status-code: {status}" }, hub);
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    private void Complete(IReceiverLink link, Message message)
    {
        link.Accept(message);
        if (message.Properties?.CorrelationId is { } id && _waiting.TryGetValue(id, out var waiting)) waiting.TrySetResult(message);
    }

    private void FailAll(Error? error)
    {
        _error = error;
        foreach (var waiting in _waiting.Values)
            waiting.TrySetException(new AmqpException(error ?? new Error(ErrorCode.ConnectionForced) { Description = "The link was closed." }));
    }
}
