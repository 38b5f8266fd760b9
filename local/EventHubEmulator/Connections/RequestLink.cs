using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Authorization;
using IoTBackend.EventHubEmulator.Hubs;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>Requests come in; each is answered on the reply link that fits.</summary>
internal sealed class RequestLink(Session session, AttachRequest request, string node)
    : IncomingLink(session, request.Handle, request.Name, request.InitialDeliveryCount)
{
    /// <summary>A client that retries a refused token at once, as the JavaScript consumer does without retries, must not spin.</summary>
    private static readonly TimeSpan RefusalDelay = TimeSpan.FromMilliseconds(250);

    protected override void OnDelivery(uint deliveryId, uint format, bool settled, ReadOnlySpan<byte> message)
    {
        var asked = Request.Parse(message);
        if (!settled) Session.Accept(deliveryId);
        Session.FlushAccepted();
        try
        {
            Reply(asked, node.Equals("$cbs", StringComparison.OrdinalIgnoreCase)
                ? PutToken(asked)
                : ManagementNode.Answer(asked, Session.Connection.Hubs, Session.Connection.Grants));
        }
        catch (TokenRefusedException refusal)
        {
            _ = RefuseLaterAsync(asked, asked.Reply(401, refusal.Message, AmqpError.Unauthorized));
        }
        catch (AmqpException refusal)
        {
            Reply(asked, asked.Reply(refusal.Error.Condition == AmqpError.NotFound ? 404 : 400, refusal.Error.Description, refusal.Error.Condition));
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

    private void Reply(Request asked, byte[] message)
    {
        var links = Session.Connection.Links.OfType<ReplyLink>().Where(link => link.Node.Equals(node, StringComparison.OrdinalIgnoreCase)).ToArray();
        var target = links.FirstOrDefault(link => asked.ReplyTo is not null && (link.TargetAddress == asked.ReplyTo || link.Name == asked.ReplyTo))
            ?? links.FirstOrDefault(link => ReferenceEquals(link.Session, Session));
        target?.Send(message);
    }

    private async Task RefuseLaterAsync(Request asked, byte[] message)
    {
        await Task.Delay(RefusalDelay);
        lock (Session.Connection.Gate) Reply(asked, message);
    }
}
