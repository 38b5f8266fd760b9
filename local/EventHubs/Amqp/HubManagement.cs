using Amqp;
using Amqp.Framing;
using Amqp.Types;

namespace Azure.Messaging.EventHubs.Amqp;

/// <summary>READ requests to <c>$management</c>.</summary>
internal static class HubManagement
{
    public static async Task<EventHubProperties> ReadHubAsync(ConnectionScope scope, CancellationToken cancellationToken)
    {
        var map = await ReadAsync(scope, "com.microsoft:eventhub", null, cancellationToken);
        return new((string)map["name"], ToTime(map["created_at"]), (string[])map["partition_ids"], Convert.ToInt32(map["georeplication_factor"] ?? 1, null) > 1);
    }

    public static async Task<PartitionProperties> ReadPartitionAsync(ConnectionScope scope, string partitionId, CancellationToken cancellationToken)
    {
        var map = await ReadAsync(scope, "com.microsoft:partition", partitionId, cancellationToken);
        return new(
            (string)map["name"], (string)map["partition"], (bool)map["is_partition_empty"], (long)map["begin_sequence_number"],
            (long)map["last_enqueued_sequence_number"], (string)map["last_enqueued_offset"], ToTime(map["last_enqueued_time_utc"]));
    }

    private static async Task<Map> ReadAsync(ConnectionScope scope, string type, string? partitionId, CancellationToken cancellationToken)
    {
        var connection = await scope.OpenAsync(cancellationToken);
        var token = await scope.GetTokenAsync(cancellationToken);
        var request = new Message
        {
            ApplicationProperties = new ApplicationProperties
            {
                ["operation"] = "READ",
                ["type"] = type,
                ["name"] = scope.EventHubName,
                ["security_token"] = token.Value,
            },
        };
        if (partitionId is not null) request.ApplicationProperties["partition"] = partitionId;
        var reply = await connection.Management.AskAsync(request, scope.EventHubName, cancellationToken);
        return (Map)reply.Body;
    }

    private static DateTimeOffset ToTime(object? value) => value is DateTime time ? new(DateTime.SpecifyKind(time, DateTimeKind.Utc)) : default;
}
