namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>
/// The identity of an idempotent producer as the attach reply carries it; its events carry it as annotations. The sequence number is the last one
/// published, -1 before the first.
/// </summary>
internal sealed record ProducerState(long Id, short Epoch, int SequenceNumber)
{
    private const string Prefix = "com.microsoft:producer-";

    /// <summary>Null for a plain sender. What the client leaves open the hub chooses.</summary>
    public static ProducerState? From(AttachRequest request)
    {
        if (!request.WantsIdempotence) return null;
        var properties = request.Properties;
        var id = properties.GetValueOrDefault(Prefix + "id") as long? ?? Random.Shared.NextInt64(1, long.MaxValue);
        var epoch = properties.GetValueOrDefault(Prefix + "epoch") as long? ?? 0;
        var sequence = properties.GetValueOrDefault(Prefix + "sequence-number") as long? ?? -1;
        return new(id, unchecked((short)epoch), unchecked((int)sequence));
    }
}
