using System.Buffers.Binary;
using System.Text;

namespace IoTBackend.EventHubEmulator.Amqp;

/// <summary>Writes AMQP 1.0 encodings into a buffer that grows; the counterpart of <see cref="AmqpReader"/>.</summary>
internal sealed class AmqpWriter(int capacity = 1024)
{
    private byte[] _buffer = new byte[capacity];

    public int Length { get; private set; }
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, Length);

    /// <summary>Keeps the buffer unless it has grown beyond <paramref name="keepAtMost"/> bytes.</summary>
    public void Clear(int keepAtMost = int.MaxValue)
    {
        Length = 0;
        if (_buffer.Length > keepAtMost) _buffer = new byte[capacity];
    }

    public void Truncate(int length) => Length = length;

    /// <summary>What was written from <paramref name="start"/> on, to be filled in.</summary>
    public Span<byte> Edit(int start) => _buffer.AsSpan(start, Length - start);

    public void Byte(byte value) => Reserve(1)[0] = value;

    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public void Null() => Byte(0x40);

    public void Bool(bool value) => Byte(value ? (byte)0x41 : (byte)0x42);

    public void UByte(byte value)
    {
        var span = Reserve(2);
        (span[0], span[1]) = (0x50, value);
    }

    public void UShort(ushort value)
    {
        var span = Reserve(3);
        span[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(span[1..], value);
    }

    public void UInt(uint value)
    {
        if (value == 0)
        {
            Byte(0x43);
        }
        else if (value <= byte.MaxValue)
        {
            var span = Reserve(2);
            (span[0], span[1]) = (0x52, (byte)value);
        }
        else
        {
            var span = Reserve(5);
            span[0] = 0x70;
            BinaryPrimitives.WriteUInt32BigEndian(span[1..], value);
        }
    }

    public void ULong(ulong value)
    {
        var span = Reserve(9);
        span[0] = 0x80;
        BinaryPrimitives.WriteUInt64BigEndian(span[1..], value);
    }

    public void Int(int value)
    {
        var span = Reserve(5);
        span[0] = 0x71;
        BinaryPrimitives.WriteInt32BigEndian(span[1..], value);
    }

    public void Short(short value)
    {
        var span = Reserve(3);
        span[0] = 0x61;
        BinaryPrimitives.WriteInt16BigEndian(span[1..], value);
    }

    public void Long(long value) => Int64(0x81, value);

    /// <summary>Milliseconds since 1970 UTC; may be negative.</summary>
    public void Timestamp(long milliseconds) => Int64(0x83, milliseconds);

    public void Text(ReadOnlySpan<byte> utf8) => Variable(utf8, 0xa1);

    public void Text(string value) => Encoded(value, 0xa1, Encoding.UTF8);

    public void Symbol(ReadOnlySpan<byte> ascii) => Variable(ascii, 0xa3);

    public void Symbol(string value) => Encoded(value, 0xa3, Encoding.ASCII);

    public void Binary(ReadOnlySpan<byte> value) => Variable(value, 0xa0);

    public void Descriptor(byte code)
    {
        var span = Reserve(3);
        (span[0], span[1], span[2]) = (0x00, 0x53, code);
    }

    /// <summary>Begins a list or map of <paramref name="count"/> elements (a map counts keys and values); end it with <see cref="End"/>.</summary>
    public int BeginList(int count) => Begin(0xd0, count);

    public int BeginMap(int count) => Begin(0xd1, count);

    public void End(int start) => BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(start), Length - start - 4);

    /// <summary>Writes a big-endian number over four bytes written before.</summary>
    public void Patch(int position, int value) => BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(position), value);

    /// <summary>An array of strings (0xf0, elements 0xb1).</summary>
    public void TextArray(IReadOnlyCollection<string> values)
    {
        Byte(0xf0);
        var start = Length;
        Reserve(4);
        BinaryPrimitives.WriteInt32BigEndian(Reserve(4), values.Count);
        Byte(0xb1);
        foreach (var value in values)
        {
            var bytes = Encoding.UTF8.GetBytes(value);
            BinaryPrimitives.WriteInt32BigEndian(Reserve(4), bytes.Length);
            Raw(bytes);
        }
        End(start);
    }

    public Span<byte> Reserve(int count)
    {
        if (_buffer.Length - Length < count) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + count));
        var span = _buffer.AsSpan(Length, count);
        Length += count;
        return span;
    }

    private int Begin(byte code, int count)
    {
        Byte(code);
        var start = Length;
        Reserve(4);
        BinaryPrimitives.WriteInt32BigEndian(Reserve(4), count);
        return start;
    }

    private void Int64(byte code, long value)
    {
        var span = Reserve(9);
        span[0] = code;
        BinaryPrimitives.WriteInt64BigEndian(span[1..], value);
    }

    private void Encoded(string value, byte smallCode, Encoding encoding)
    {
        var count = encoding.GetByteCount(value);
        VariableHeader(count, smallCode);
        encoding.GetBytes(value, Reserve(count));
    }

    private void Variable(ReadOnlySpan<byte> value, byte smallCode)
    {
        VariableHeader(value.Length, smallCode);
        Raw(value);
    }

    private void VariableHeader(int count, byte smallCode)
    {
        if (count <= byte.MaxValue)
        {
            var span = Reserve(2);
            (span[0], span[1]) = (smallCode, (byte)count);
            return;
        }
        Byte((byte)(smallCode + 0x10));
        BinaryPrimitives.WriteInt32BigEndian(Reserve(4), count);
    }
}
