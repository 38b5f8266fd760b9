using System.Buffers.Binary;
using System.Runtime.Serialization;
using System.Text;

namespace Azure.Messaging.EventHubs.Amqp;

/// <summary>Writes an event as an AMQP 1.0 message (OASIS AMQP 1.0 part 1 section 1.6, part 3 section 3.2) into a growing buffer.</summary>
internal struct EventEncoder(byte[] buffer)
{
    private byte[] _buffer = buffer;

    public int Length { get; set; }
    public readonly byte[] Buffer => _buffer;

    public void WriteMessage(EventData data)
    {
        if (data.MessageId is not null || data.CorrelationId is not null || data.ContentType is not null) WriteProperties(data);
        if (data.HasProperties) WriteApplicationProperties(data.Properties);
        var body = data.Body.Span;
        WriteSection(0x75);
        WriteBinary(body);
    }

    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        WriteLength(value.Length, 0xa0, 0xb0);
        value.CopyTo(Reserve(value.Length));
    }

    private void WriteProperties(EventData data)
    {
        WriteSection(0x73);
        var list = BeginCompound(0xd0, 7);
        WriteStringOrNull(data.MessageId);
        for (var i = 0; i < 4; i++) Write(0x40); // user-id, to, subject, reply-to
        WriteStringOrNull(data.CorrelationId);
        if (data.ContentType is null) Write(0x40);
        else WriteText(data.ContentType, 0xa3, 0xb3);
        EndCompound(list);
    }

    private void WriteApplicationProperties(IDictionary<string, object> properties)
    {
        WriteSection(0x74);
        var map = BeginCompound(0xd1, properties.Count * 2);
        foreach (var (key, value) in properties)
        {
            WriteText(key, 0xa1, 0xb1);
            WriteValue(value);
        }
        EndCompound(map);
    }

    private void WriteValue(object? value)
    {
        switch (value)
        {
            case null: Write(0x40); break;
            case string text: WriteText(text, 0xa1, 0xb1); break;
            case bool flag: Write(flag ? (byte)0x41 : (byte)0x42); break;
            case int number: Write(0x71); BinaryPrimitives.WriteInt32BigEndian(Reserve(4), number); break;
            case long number: Write(0x81); BinaryPrimitives.WriteInt64BigEndian(Reserve(8), number); break;
            case double number: Write(0x82); BinaryPrimitives.WriteDoubleBigEndian(Reserve(8), number); break;
            case float number: Write(0x72); BinaryPrimitives.WriteSingleBigEndian(Reserve(4), number); break;
            case byte number: Write(0x50); Write(number); break;
            case sbyte number: Write(0x51); Write((byte)number); break;
            case short number: Write(0x61); BinaryPrimitives.WriteInt16BigEndian(Reserve(2), number); break;
            case ushort number: Write(0x60); BinaryPrimitives.WriteUInt16BigEndian(Reserve(2), number); break;
            case uint number: Write(0x70); BinaryPrimitives.WriteUInt32BigEndian(Reserve(4), number); break;
            case ulong number: Write(0x80); BinaryPrimitives.WriteUInt64BigEndian(Reserve(8), number); break;
            case char character: Write(0x73); BinaryPrimitives.WriteInt32BigEndian(Reserve(4), character); break;
            case Guid id: Write(0x98); id.TryWriteBytes(Reserve(16), bigEndian: true, out _); break;
            case byte[] bytes: WriteBinary(bytes); break;
            case DateTime time: WriteTimestamp(new DateTimeOffset(time.ToUniversalTime()).ToUnixTimeMilliseconds()); break;
            case DateTimeOffset time: WriteDescribed("com.microsoft:datetime-offset", time.UtcTicks); break;
            case TimeSpan span: WriteDescribed("com.microsoft:timespan", span.Ticks); break;
            case Uri uri: Write(0x00); WriteText("com.microsoft:uri", 0xa3, 0xb3); WriteText(uri.OriginalString, 0xa1, 0xb1); break;
            default: throw new SerializationException($"A property of type {value.GetType()} cannot be sent.");
        }
    }

    private void WriteDescribed(string symbol, long value)
    {
        Write(0x00);
        WriteText(symbol, 0xa3, 0xb3);
        WriteValue(value);
    }

    private void WriteTimestamp(long milliseconds)
    {
        Write(0x83);
        BinaryPrimitives.WriteInt64BigEndian(Reserve(8), milliseconds);
    }

    private void WriteStringOrNull(string? text)
    {
        if (text is null) Write(0x40);
        else WriteText(text, 0xa1, 0xb1);
    }

    private void WriteText(string text, byte small, byte large)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        WriteLength(bytes, small, large);
        Encoding.UTF8.GetBytes(text, Reserve(bytes));
    }

    private void WriteLength(int length, byte small, byte large)
    {
        if (length <= byte.MaxValue)
        {
            Write(small);
            Write((byte)length);
            return;
        }
        Write(large);
        BinaryPrimitives.WriteInt32BigEndian(Reserve(4), length);
    }

    private int BeginCompound(byte code, int count)
    {
        Write(code);
        var start = Length;
        Reserve(4);
        BinaryPrimitives.WriteInt32BigEndian(Reserve(4), count);
        return start;
    }

    private readonly void EndCompound(int start) => BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(start), Length - start - 4);

    private void WriteSection(byte code)
    {
        var header = Reserve(3);
        (header[0], header[1], header[2]) = (0x00, 0x53, code);
    }

    private void Write(byte value) => Reserve(1)[0] = value;

    private Span<byte> Reserve(int count)
    {
        if (_buffer.Length - Length < count) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + count));
        var span = _buffer.AsSpan(Length, count);
        Length += count;
        return span;
    }
}
