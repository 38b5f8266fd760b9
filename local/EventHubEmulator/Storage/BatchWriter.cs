using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>Writes events of one batch; numbers and offsets are assigned as they come.</summary>
internal delegate void WriteBatch<T>(ref BatchWriter writer, T state) where T : allows ref struct;

/// <summary>Lays the records of one batch into the pending group. Begin a record, write what is delivered, end it.</summary>
internal ref struct BatchWriter(AmqpWriter pending, long nextSequence, long nextOffset, long enqueuedMilliseconds, ushort flags = 0)
{
    private int _start = -1;
    private int _headerBytes;
    private bool _unsealed;

    public readonly AmqpWriter Output => pending;
    public readonly long EnqueuedMilliseconds => enqueuedMilliseconds;
    public long NextSequence { get; private set; } = nextSequence;
    public long NextOffset { get; private set; } = nextOffset;

    public void Begin()
    {
        if (_unsealed) Seal(moreOfBatch: true);
        _start = pending.Length;
        pending.Reserve(Record.HeaderBytes);
    }

    public void End(int amqpHeaderBytes)
    {
        _headerBytes = amqpHeaderBytes;
        _unsealed = true;
        NextSequence++;
        NextOffset += pending.Length - _start;
    }

    public void Finish()
    {
        if (_unsealed) Seal(moreOfBatch: false);
    }

    private void Seal(bool moreOfBatch)
    {
        Record.Seal(pending.Edit(_start), NextSequence - 1, enqueuedMilliseconds, _headerBytes, moreOfBatch ? (ushort)(flags | Record.MoreOfBatch) : flags);
        _unsealed = false;
    }
}
