using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Authorization;
using IoTBackend.EventHubEmulator.Hubs;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>
/// What an attach is about: <c>$cbs</c>, <c>[hub/]$management</c>, <c>hub[/Partitions/p | /Publishers/name]</c> to send,
/// <c>hub/ConsumerGroups/g/Partitions/p</c> to read.
/// </summary>
internal static class LinkFactory
{
    /// <exception cref="AmqpException">The link is refused.</exception>
    public static Link Create(Session session, AttachRequest request)
    {
        var segments = request.Address.Trim('/').Split('/');
        if (segments[^1].ToLowerInvariant() is "$cbs" or "$management" && segments.Length <= 2)
            return request.PeerReceives ? new ReplyLink(session, request, segments[^1]) : new RequestLink(session, request, segments[^1]);
        return request.PeerReceives ? Consumer(session, request, segments) : Publisher(session, request, segments);
    }

    public static void WriteAttach(AmqpWriter writer, ushort channel, AttachRequest request, Link? link)
    {
        var frame = writer.BeginFrame(channel);
        writer.Descriptor(Frames.Attach);
        var list = writer.BeginList(14);
        writer.Text(request.Name);
        writer.UInt(request.Handle);
        writer.Bool(!request.PeerReceives);
        // Deliveries leave settled. Of a peer that sends the mode is its own choice: Microsoft's client keeps what it sends unsettled until
        // told otherwise if the reply says so, even the requests it has sent settled.
        writer.UByte(request.PeerReceives ? (byte)1 : request.SenderSettleMode);
        writer.UByte(0);
        RawOrNull(writer, link is null && request.PeerReceives ? [] : request.Source);
        RawOrNull(writer, link is null && !request.PeerReceives ? [] : request.Target);
        writer.Null();
        writer.Null();
        if (request.PeerReceives) writer.UInt(0);
        else writer.Null();
        writer.ULong((ulong)((link as IncomingLink)?.MaximumMessageBytes ?? Hub.MaximumMessageBytes));
        writer.Null();
        writer.Null();
        WriteProperties(writer, (link as PublishLink)?.Producer);
        writer.End(list);
        writer.EndFrame(frame);
    }

    private static ConsumerLink Consumer(Session session, AttachRequest request, string[] segments)
    {
        if (segments is not [var hubName, var groups, var group, var partitions, var partition] || !Is(groups, "ConsumerGroups") || !Is(partitions, "Partitions"))
            throw NotFound(request.Address);
        var path = Authorized(session, request.Address, AccessRights.Listen);
        var hub = session.Connection.Hubs.Find(hubName) ?? throw NotFound(hubName);
        var index = hub.PartitionIndex(partition);
        return new(session, request, path, hub.Partitions[index], hub.ReadersOf(group, index));
    }

    private static PublishLink Publisher(Session session, AttachRequest request, string[] segments)
    {
        var (partition, publisher) = segments switch
        {
            [_] => ((string?)null, (string?)null),
            [_, var kind, var id] when Is(kind, "Partitions") => (id, null),
            [_, var kind, var name] when Is(kind, "Publishers") => (null, name),
            _ => throw NotFound(request.Address),
        };
        var path = Authorized(session, request.Address, AccessRights.Send);
        var hub = session.Connection.Hubs.Find(segments[0]) ?? throw NotFound(segments[0]);
        if (publisher is not null && hub.Revoked.Contains(publisher))
            throw new AmqpException(AmqpError.PublisherRevoked, $"The publisher '{publisher}' is revoked.");
        int? index = partition is null ? null : hub.PartitionIndex(partition);
        return new(session, request, hub, path, index, publisher) { Producer = ProducerState.From(request, index is null ? null : hub.Partitions[index.Value]) };
    }

    private static EntityPath Authorized(Session session, string address, AccessRights right)
    {
        var path = EntityPath.Parse(address);
        var grants = session.Connection.Grants;
        if (grants.Allow(path, right)) return path;
        throw new AmqpException(AmqpError.Unauthorized, grants.AllowedOnce(path, right)
            ? $"ExpiredToken: The token for '{path.Value}' is expired."
            : $"Unauthorized access. '{right}' claim(s) are required to perform this operation. Resource: '{path.Value}'.");
    }

    private static void WriteProperties(AmqpWriter writer, ProducerState? producer)
    {
        if (producer is null)
        {
            writer.Null();
            return;
        }
        var map = writer.BeginMap(6);
        writer.Symbol("com.microsoft:producer-id"u8);
        writer.Long(producer.Id);
        writer.Symbol("com.microsoft:producer-epoch"u8);
        writer.Short(producer.Epoch);
        writer.Symbol("com.microsoft:producer-sequence-number"u8);
        writer.Int(producer.SequenceNumber);
        writer.End(map);
    }

    private static void RawOrNull(AmqpWriter writer, byte[] value)
    {
        if (value.Length == 0) writer.Null();
        else writer.Raw(value);
    }

    private static bool Is(string segment, string name) => segment.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static AmqpException NotFound(string name) =>
        new(AmqpError.NotFound, $"The messaging entity '{(name.Length > 200 ? name[..200] : name)}' could not be found.");
}
