using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Storage;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>
/// The identity of an idempotent producer as the attach reply carries it; its events carry it as annotations. The sequence number is the last one
/// published, -1 before the first.
/// </summary>
internal sealed record ProducerState(long Id, short Epoch, int SequenceNumber)
{
    private const string Prefix = "com.microsoft:producer-";

    /// <summary>Null for a plain sender. What the client leaves open the hub chooses.</summary>
    /// <param name="log">The partition the link is for, if it is for one.</param>
    /// <exception cref="AmqpException">The client claims to have published what the partition knows nothing of, or a newer owner has published.</exception>
    public static ProducerState? From(AttachRequest request, PartitionLog? log)
    {
        if (!request.WantsIdempotence) return null;
        if (Number(request, "id") is not { } id) return new(Random.Shared.NextInt64(1, long.MaxValue), 0, -1);
        var last = log?.LastOf(id);
        var epoch = unchecked((short)(Number(request, "epoch") ?? last?.Epoch ?? 0));
        var sequence = unchecked((int)(Number(request, "sequence-number") ?? (last?.Epoch == epoch ? last.Value.Sequence : -1)));
        if (last is null && sequence > 0) throw new AmqpException(AmqpError.NotAllowed, $"The producer {id} has not published here, so nothing was numbered {sequence}.");
        if (epoch < last?.Epoch) throw new AmqpException(AmqpError.ProducerEpochStolen, $"The producer {id} has published with epoch {last.Value.Epoch}, later than {epoch}.");
        return new(id, epoch, sequence);
    }

    private static long? Number(AttachRequest request, string name) => request.Properties.GetValueOrDefault(Prefix + name) as long?;
}
