using System.Buffers;
using System.Globalization;
using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Authorization;
using IoTBackend.EventHubEmulator.Hubs;
using IoTBackend.EventHubEmulator.Storage;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>
/// The peer reads a partition. One task reads records from the log and delivers as many as credit, the session's window and the output allow; it sleeps
/// when any of them is used up and is woken by what changes them.
/// </summary>
internal sealed class ConsumerLink : Link, IReader
{
    private const int ChunkBytes = 128 * 1024;
    private readonly AsyncSignal _wake = new();
    private readonly PartitionLog _log;
    private readonly LogReader _reader;
    private readonly ReaderSlots _slots;
    private readonly EntityPath _path;
    private readonly bool _withMetric;
    private readonly AmqpWriter _composed = new(1024);
    private uint _deliveryCount, _credit;
    private bool _drain, _atEnd;
    private volatile bool _evicted;

    /// <exception cref="AmqpException">Others own the partition, or the start lies behind its end.</exception>
    public ConsumerLink(Session session, AttachRequest request, EntityPath path, PartitionLog log, ReaderSlots slots)
        : base(session, request.Handle, request.Name)
    {
        (_path, _log, _slots, _withMetric) = (path, log, slots, request.WantsRuntimeMetric);
        Epoch = request.Properties.GetValueOrDefault("com.microsoft:epoch") as long?;
        ReaderName = request.Properties.GetValueOrDefault("com.microsoft:receiver-name") is string { Length: <= 256 } name ? name : request.Name;
        _reader = new(log);
        try
        {
            _reader.Seek(StartPosition.Parse(request.Selector));
        }
        catch (Exception error) when (error is FormatException or ArgumentOutOfRangeException)
        {
            throw new AmqpException(AmqpError.ArgumentError, error.Message);
        }
        slots.Enter(this);
        log.Subscribe(_wake);
    }

    public long? Epoch { get; }
    public string ReaderName { get; }
    string IReader.Name => ReaderName;
    public override (EntityPath Path, AccessRights Rights)? Needs => (_path, AccessRights.Listen);

    public void Start() => _ = Task.Run(PumpAsync);

    /// <summary>From anywhere: something the delivery may have waited for has changed.</summary>
    public void Wake() => _wake.Set();

    public void Evict(AmqpError error)
    {
        _evicted = true;
        // Not here: the rival holds its own connection's gate, and may be evicted by this one at the same moment.
        ThreadPool.QueueUserWorkItem(static state =>
        {
            lock (state.Link.Session.Connection.Gate) state.Link.Detach(state.error);
        }, (Link: this, error), preferLocal: false);
    }

    public override void OnFlow(LinkFlow flow)
    {
        // Absolute, so that a repeated or lowered grant is neither lost nor added up (part 2, section 2.6.7).
        var credit = unchecked((int)((flow.DeliveryCount ?? 0) + flow.LinkCredit - _deliveryCount));
        _credit = flow.LinkCredit > int.MaxValue ? flow.LinkCredit : (uint)Math.Max(0, credit);
        _drain = flow.Drain;
        if (_drain && _atEnd) Drain();
        if (flow.Echo) WriteState();
        Wake();
    }

    protected override void OnReleased()
    {
        _slots.Leave(this);
        _log.Unsubscribe(_wake);
        Wake();
    }

    private bool Stopped => IsClosed || _evicted || Session.IsEnded;

    private async Task PumpAsync()
    {
        byte[] buffer = [];
        var (start, end) = (0, 0);
        try
        {
            while (!Stopped)
            {
                if (start == end)
                {
                    if (buffer.Length == 0) buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
                    (start, end) = (0, _reader.Read(buffer));
                    if (NoteEnd(end == 0))
                    {
                        // Most readers wait most of the time: without a buffer.
                        Return(ref buffer);
                        await _wake.WaitAsync();
                        continue;
                    }
                }
                var used = DeliverSome(buffer.AsSpan(start, end - start), out var incomplete);
                start += used;
                if (!incomplete)
                {
                    if (start < end) await _wake.WaitAsync();
                    continue;
                }
                // The chunk ends in the middle of a record: read on from there, into more room if need be.
                var needed = end - start >= Record.PrefixBytes ? Record.LengthAt(buffer.AsSpan(start)) : 0;
                if (used == 0 && start == 0 && needed <= end) throw new InvalidDataException($"The record with number {_reader.NextSequence} in {_log.Tail.Segment?.Path} is damaged; start the hub once with --repair.");
                if (needed > buffer.Length)
                {
                    Return(ref buffer);
                    buffer = ArrayPool<byte>.Shared.Rent(Math.Min(needed, Record.MaximumBytes + Record.PrefixBytes));
                }
                start = end = 0;
            }
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            lock (Session.Connection.Gate) Detach(new(AmqpError.InternalError, error.Message));
        }
        finally
        {
            Return(ref buffer);
        }
    }

    private static void Return(ref byte[] buffer)
    {
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }

    /// <summary>True when there is nothing to deliver for now.</summary>
    private bool NoteEnd(bool atEnd)
    {
        lock (Session.Connection.Gate)
        {
            _atEnd = atEnd;
            if (!atEnd || Stopped) return atEnd;
            if (_drain) Drain();
            return true;
        }
    }

    private int DeliverSome(ReadOnlySpan<byte> records, out bool incomplete)
    {
        var used = 0;
        incomplete = false;
        lock (Session.Connection.Gate)
        {
            while (used < records.Length && !Stopped)
            {
                if (!Session.Connection.Output.HasRoom)
                {
                    Session.Connection.Output.RoomWanted = true;
                    break;
                }
                if (_credit == 0 || Session.PeerIncomingWindow == 0) break;
                if (!Record.TryRead(records[used..], out var record))
                {
                    incomplete = true;
                    break;
                }
                Session.Deliver(Handle, _withMetric ? WithMetric(record) : record[Record.HeaderBytes..]);
                _reader.Advance(record);
                used += record.Length;
                _credit--;
                _deliveryCount++;
            }
        }
        if (used > 0) Session.Connection.Output.Notify();
        return used;
    }

    /// <summary>Puts delivery annotations that say how far the partition reaches between the header and the rest.</summary>
    private ReadOnlySpan<byte> WithMetric(ReadOnlySpan<byte> record)
    {
        var tail = _log.Tail;
        var payload = record[Record.HeaderBytes..];
        var header = Record.AmqpHeaderBytes(record);
        _composed.Clear(keepAtMost: 64 * 1024);
        _composed.Raw(payload[..header]);
        _composed.Descriptor(0x71);
        var map = _composed.BeginMap(8);
        _composed.Symbol("last_enqueued_sequence_number"u8);
        _composed.Long(tail.SequenceNumber);
        _composed.Symbol("last_enqueued_offset"u8);
        _composed.Text(tail.Offset.ToString(CultureInfo.InvariantCulture));
        _composed.Symbol("last_enqueued_time_utc"u8);
        _composed.Timestamp(tail.EnqueuedMilliseconds);
        _composed.Symbol("runtime_info_retrieval_time_utc"u8);
        _composed.Timestamp(Session.Connection.Hubs.Time.GetUtcNow().ToUnixTimeMilliseconds());
        _composed.End(map);
        _composed.Raw(payload[header..]);
        return _composed.Written;
    }

    private void Drain()
    {
        _deliveryCount += _credit;
        _credit = 0;
        _drain = false;
        Session.WriteFlow(this, _deliveryCount, 0, drain: true);
        Session.Connection.Output.Notify();
    }

    private void WriteState() => Session.WriteFlow(this, _deliveryCount, _credit);
}
