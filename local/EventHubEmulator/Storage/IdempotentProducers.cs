using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>A batch that was stored, and the hub's number of its last event.</summary>
internal readonly record struct StoredBatch(PublishedBatch Batch, long SequenceNumber);

/// <summary>
/// What idempotent producers have published to one partition. As in the service, and in Kafka, whose rules these are, a repeat is recognised by the
/// batch's numbers among the last five of its producer; any other batch has to go on where the last one ended. A producer the partition does not
/// know, or no longer knows, may begin anywhere. Not thread-safe.
/// </summary>
internal sealed class IdempotentProducers
{
    private const int Remembered = 5;

    /// <summary>Above this the producer that was silent longest is forgotten: clients take a new identity at every start.</summary>
    private const int Maximum = 1000;
    private readonly Dictionary<long, List<StoredBatch>> _producers = [];

    public IEnumerable<StoredBatch> Batches => _producers.Values.SelectMany(batches => batches);

    public (short Epoch, int Sequence)? LastOf(long producer) =>
        _producers.TryGetValue(producer, out var batches) ? (batches[^1].Batch.Epoch, batches[^1].Batch.Last) : null;

    /// <exception cref="AmqpException">The batch neither repeats one nor follows the last, or a newer owner of the identity has published.</exception>
    public bool IsRepeat(PublishedBatch batch)
    {
        if (!_producers.TryGetValue(batch.Producer, out var batches)) return false;
        var last = batches[^1].Batch;
        if (batch.Epoch < last.Epoch)
            throw new AmqpException(AmqpError.ProducerEpochStolen, $"The producer {batch.Producer} has published with epoch {last.Epoch}, later than {batch.Epoch}.");
        if (batches.Exists(stored => stored.Batch == batch)) return true;
        var expected = batch.Epoch > last.Epoch ? 0 : PublishedBatch.After(last.Last);
        return batch.First == expected
            ? false
            : throw PublishedBatch.OutOfOrder($"The producer {batch.Producer} published {batch.First} where {expected} was expected.");
    }

    public void Note(PublishedBatch batch, long sequenceNumber)
    {
        if (!_producers.TryGetValue(batch.Producer, out var batches))
        {
            if (_producers.Count == Maximum) _producers.Remove(_producers.MinBy(known => known.Value[^1].SequenceNumber).Key);
            _producers.Add(batch.Producer, batches = new(Remembered));
        }
        if (batches.Count == Remembered) batches.RemoveAt(0);
        batches.Add(new(batch, sequenceNumber));
    }

    /// <summary>What came after the number was not stored after all.</summary>
    public void ForgetAfter(long sequenceNumber)
    {
        foreach (var (producer, batches) in _producers)
        {
            batches.RemoveAll(stored => stored.SequenceNumber > sequenceNumber);
            if (batches.Count == 0) _producers.Remove(producer);
        }
    }
}
