using System.Text;
using Amqp;
using Amqp.Framing;
using Amqp.Types;

namespace Azure.Messaging.EventHubs.Amqp;

/// <summary>
/// A batch on the wire: one message of format 0x80013700 whose body has a data section per event, each an encoded message.
/// </summary>
/// <param name="partitionKey">Of all events, or null.</param>
/// <param name="maximumSizeInBytes">What the hub takes.</param>
/// <param name="expectedBytes">Encoded events the buffer has room for before it has to grow.</param>
internal sealed class BatchEncoder(string? partitionKey, long maximumSizeInBytes, int expectedBytes = 1024)
{
    private const uint BatchFormat = 0x80013700;

    /// <summary>Descriptor (3), type (1) and length (4) of a data section.</summary>
    private const int SectionOverheadBytes = 8;

    private readonly List<int> _ends = [];
    private readonly int _envelopeBytes = 16 + (partitionKey is null ? 0 : 64 + Encoding.UTF8.GetByteCount(partitionKey));
    private EventEncoder _events = new(new byte[expectedBytes]);

    public long MaximumSizeInBytes => maximumSizeInBytes;
    public int Count => _ends.Count;
    public long SizeInBytes => Count == 0 ? 0 : _envelopeBytes + _events.Length + ((long)Count * SectionOverheadBytes);

    public bool TryAdd(EventData data)
    {
        var before = _events.Length;
        _events.WriteMessage(data);
        if (_envelopeBytes + _events.Length + ((Count + 1L) * SectionOverheadBytes) > maximumSizeInBytes)
        {
            _events.Length = before;
            return false;
        }
        _ends.Add(_events.Length);
        return true;
    }

    public Message ToMessage()
    {
        var sections = new DataList();
        var start = 0;
        foreach (var end in _ends)
        {
            sections.Add(new Data { Buffer = new ByteBuffer(_events.Buffer, start, end - start, end - start) });
            start = end;
        }
        var message = new Message { Format = BatchFormat, BodySection = sections };
        if (partitionKey is not null)
            message.MessageAnnotations = new MessageAnnotations { [new Symbol("x-opt-partition-key")] = partitionKey };
        return message;
    }

    public void Clear()
    {
        _ends.Clear();
        _events = new(new byte[64]);
    }
}
