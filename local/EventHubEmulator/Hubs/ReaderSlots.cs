using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Hubs;

/// <summary>A reader as its rivals see it.</summary>
internal interface IReader
{
    string Name { get; }

    /// <summary>Owner level; null reads beside others.</summary>
    long? Epoch { get; }

    /// <summary>Lost the partition: stops to deliver at once, and says so on its link.</summary>
    void Evict(AmqpError error);
}

/// <summary>
/// Who reads one partition in one consumer group. One reader with an epoch, the highest, among equals the newest; or up to five without.
/// Nothing of it outlives the process, as in the real service.
/// </summary>
internal sealed class ReaderSlots
{
    public const int MaximumReadersWithoutEpoch = 5;
    private readonly Lock _lock = new();
    private readonly List<IReader> _readers = [];

    /// <exception cref="AmqpException">The reader may not enter.</exception>
    public void Enter(IReader entering)
    {
        lock (_lock)
        {
            var owner = _readers.Find(reader => reader.Epoch is not null);
            if (owner is not null && (entering.Epoch is not { } epoch || epoch < owner.Epoch))
                throw new AmqpException(AmqpError.Stolen, $"Receiver '{entering.Name}' with epoch '{entering.Epoch?.ToString(null, null) ?? "none"}' cannot be created: receiver '{owner.Name}' with a higher epoch of '{owner.Epoch}' is connected.");
            if (entering.Epoch is not null) EvictAll(entering);
            else if (_readers.Count >= MaximumReadersWithoutEpoch)
                throw new AmqpException(AmqpError.ResourceLimitExceeded, $"Exceeded the maximum number of allowed receivers per partition in a consumer group which is {MaximumReadersWithoutEpoch}. List of connected receivers - {string.Join(", ", _readers.Select(reader => reader.Name))}.");
            _readers.Add(entering);
        }
    }

    public void Leave(IReader reader)
    {
        lock (_lock) _readers.Remove(reader);
    }

    private void EvictAll(IReader entering)
    {
        foreach (var reader in _readers)
            reader.Evict(new(AmqpError.Stolen, $"New receiver '{entering.Name}' with higher epoch of '{entering.Epoch}' is created hence current receiver '{reader.Name}' with epoch '{reader.Epoch?.ToString(null, null) ?? "none"}' is getting disconnected. If you are recreating the receiver, make sure a higher epoch is used."));
        _readers.Clear();
    }
}
