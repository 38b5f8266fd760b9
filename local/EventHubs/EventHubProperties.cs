namespace Azure.Messaging.EventHubs;

/// <summary>What the hub says about itself.</summary>
public class EventHubProperties
{
    protected internal EventHubProperties(string name, DateTimeOffset createdOn, string[] partitionIds, bool isGeoReplicationEnabled)
    {
        Name = name;
        CreatedOn = createdOn;
        PartitionIds = partitionIds;
        IsGeoReplicationEnabled = isGeoReplicationEnabled;
    }

    public string Name { get; }
    public DateTimeOffset CreatedOn { get; }
    public string[] PartitionIds { get; }
    public bool IsGeoReplicationEnabled { get; }
}
