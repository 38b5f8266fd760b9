namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>The identity of an idempotent producer as the attach reply carries it; its events carry it as annotations.</summary>
internal sealed record ProducerState(long Id, short Epoch, int SequenceNumber)
{
    private const string Prefix = "com.microsoft:producer-";

    /// <summary>Null for a plain sender. What the client leaves open the hub chooses.</summary>
    public static ProducerState? From(IReadOnlyDictionary<string, object?> properties)
    {
        if (!properties.ContainsKey(Prefix + "id") && !properties.ContainsKey(Prefix + "epoch")) return null;
        var id = properties.GetValueOrDefault(Prefix + "id") as long? ?? Random.Shared.NextInt64(1, long.MaxValue);
        var epoch = properties.GetValueOrDefault(Prefix + "epoch") as long? ?? 0;
        var sequence = properties.GetValueOrDefault(Prefix + "sequence-number") as long? ?? 0;
        return new(id, unchecked((short)epoch), unchecked((int)sequence));
    }
}
