using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Authorization;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>Requests come in; each is answered on the reply link that fits.</summary>
internal sealed class RequestLink(Session session, AttachRequest request, string node)
    : IncomingLink(session, request, MaximumRequestBytes)
{
    /// <summary>A token is the largest thing asked here, and the largest tokens are a few kilobytes.</summary>
    private const int MaximumRequestBytes = 64 * 1024;
    private const uint MaximumUnderWay = 50;

    /// <summary>A client that retries a refused token at once, as the JavaScript consumer does without retries, must not spin.</summary>
    private static readonly TimeSpan RefusalDelay = TimeSpan.FromMilliseconds(250);

    private uint _refusals;

    /// <summary>Who waits for refusals may not ask for many more.</summary>
    protected override uint Allowance => MaximumUnderWay - Math.Min(MaximumUnderWay, _refusals);

    protected override void OnDelivery(uint deliveryId, uint format, bool settled, ReadOnlySpan<byte> message)
    {
        var asked = Request.Parse(message);
        if (!settled) Session.Accept(deliveryId);
        Session.FlushAccepted();
        try
        {
            Reply(asked.ReplyTo, node.Equals("$cbs", StringComparison.OrdinalIgnoreCase)
                ? PutToken(asked)
                : ManagementNode.Answer(asked, Session.Connection.Hubs, Session.Connection.Grants));
        }
        catch (TokenRefusedException refusal)
        {
            _refusals++;
            _ = RefuseLaterAsync(asked.ReplyTo, asked.Reply(401, refusal.Message, AmqpError.Unauthorized));
        }
        catch (AmqpException refusal)
        {
            Reply(asked.ReplyTo, asked.Reply(refusal.Error.Condition == AmqpError.NotFound ? 404 : 400, refusal.Error.Description, refusal.Error.Condition));
        }
    }

    private byte[] PutToken(Request asked)
    {
        if (asked["operation"] != "put-token") throw new AmqpException(AmqpError.NotImplemented, "The only operation here is put-token.");
        var grant = Session.Connection.Hubs.Tokens.Verify(asked.Body, asked["type"]);
        var audience = EntityPath.Parse(asked["name"] ?? "");
        if (!grant.Path.Contains(audience))
            throw new TokenRefusedException($"InvalidAudience: the token is for '{grant.Path.Value}', not for '{audience.Value}'.");
        Session.Connection.Grants.Add(grant);
        return asked.Reply(202, "Accepted");
    }

    private void Reply(string? replyTo, byte[] message)
    {
        var links = Session.Connection.Links.OfType<ReplyLink>().Where(link => link.Node.Equals(node, StringComparison.OrdinalIgnoreCase)).ToArray();
        var target = links.FirstOrDefault(link => replyTo is not null && (link.TargetAddress == replyTo || link.Name == replyTo))
            ?? links.FirstOrDefault(link => ReferenceEquals(link.Session, Session));
        target?.Send(message);
    }

    private async Task RefuseLaterAsync(string? replyTo, byte[] message)
    {
        await Task.Delay(RefusalDelay);
        lock (Session.Connection.Gate)
        {
            _refusals--;
            Reply(replyTo, message);
            Replenish();
        }
        Session.Connection.Output.Notify();
    }
}
