using System.Globalization;
using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Authorization;
using IoTBackend.EventHubEmulator.Hubs;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>READ of a hub or of a partition. Each request brings its own token.</summary>
internal static class ManagementNode
{
    /// <summary>0001-01-01, what the service says of a partition that never had an event.</summary>
    private const long NeverMilliseconds = -62_135_596_800_000;

    /// <exception cref="TokenRefusedException">The token does not allow it.</exception>
    /// <exception cref="AmqpException">There is no such hub, partition or operation.</exception>
    public static byte[] Answer(Request asked, HubNamespace hubs, Grants grants)
    {
        var name = asked["name"] ?? "";
        Authorize(asked, hubs, grants, EntityPath.Parse(name));
        var hub = hubs.Find(name) ?? throw new AmqpException(AmqpError.NotFound, $"The messaging entity '{name}' could not be found.");
        if (asked["operation"] != "READ") throw new AmqpException(AmqpError.NotImplemented, "The only operation here is READ.");
        return asked["type"] switch
        {
            "com.microsoft:eventhub" => asked.Reply(200, "OK", null, writer => WriteHub(writer, hub)),
            "com.microsoft:partition" => Partition(asked, hub),
            _ => throw new AmqpException(AmqpError.NotImplemented, "The types here are com.microsoft:eventhub and com.microsoft:partition."),
        };
    }

    private static void Authorize(Request asked, HubNamespace hubs, Grants grants, EntityPath path)
    {
        var now = hubs.Time.GetUtcNow();
        var allowed = asked["security_token"] is { } token
            ? hubs.Tokens.Verify(token, null).Allows(path, AccessRights.Manage, now)
            : grants.Allow(path, AccessRights.Manage);
        if (!allowed) throw new TokenRefusedException($"Unauthorized access to '{path.Value}'.");
        grants.WasEverGranted = true;
    }

    private static byte[] Partition(Request asked, Hub hub)
    {
        var id = asked["partition"] ?? "";
        var log = hub.Partitions[hub.PartitionIndex(id)];
        var tail = log.Tail;
        return asked.Reply(200, "OK", null, writer =>
        {
            var map = writer.BeginMap(16);
            Text(writer, "name", hub.Name);
            Text(writer, "type", "com.microsoft:partition");
            Text(writer, "partition", id);
            writer.Text("begin_sequence_number");
            writer.Long(log.BeginSequenceNumber);
            writer.Text("last_enqueued_sequence_number");
            writer.Long(tail.SequenceNumber);
            Text(writer, "last_enqueued_offset", tail.Offset.ToString(CultureInfo.InvariantCulture));
            writer.Text("last_enqueued_time_utc");
            writer.Timestamp(tail.IsEmpty ? NeverMilliseconds : tail.EnqueuedMilliseconds);
            writer.Text("is_partition_empty");
            writer.Bool(tail.IsEmpty);
            writer.End(map);
        });
    }

    private static void WriteHub(AmqpWriter writer, Hub hub)
    {
        var map = writer.BeginMap(12);
        Text(writer, "name", hub.Name);
        Text(writer, "type", "com.microsoft:eventhub");
        writer.Text("created_at");
        writer.Timestamp(hub.CreatedAt.ToUnixTimeMilliseconds());
        writer.Text("partition_count");
        writer.Int(hub.Partitions.Count);
        writer.Text("partition_ids");
        writer.TextArray([.. Enumerable.Range(0, hub.Partitions.Count).Select(index => index.ToString(CultureInfo.InvariantCulture))]);
        writer.Text("georeplication_factor");
        writer.Int(1);
        writer.End(map);
    }

    private static void Text(AmqpWriter writer, string key, string value)
    {
        writer.Text(key);
        writer.Text(value);
    }
}
