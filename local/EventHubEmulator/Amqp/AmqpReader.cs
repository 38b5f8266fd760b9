using System.Buffers.Binary;
using System.Text;

namespace IoTBackend.EventHubEmulator.Amqp;

/// <summary>
/// Reads AMQP 1.0 encodings (OASIS AMQP 1.0, part 1, section 1.6) from bytes that may be hostile: every length is checked against what is there
/// and against the enclosing compound, nesting is bounded, and nothing is allocated by a count alone.
/// </summary>
internal ref struct AmqpReader(ReadOnlySpan<byte> bytes)
{
    private const int MaximumDepth = 16;
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }
    public readonly bool AtEnd => Position >= _bytes.Length;
    public readonly ReadOnlySpan<byte> Rest => _bytes[Position..];

    public readonly byte PeekCode() => Position < _bytes.Length ? _bytes[Position] : throw Truncated();

    /// <summary>The number of a described type, e.g. 0x14 for a transfer.</summary>
    public ulong ReadDescriptor()
    {
        if (ReadByte() != 0x00) throw Malformed("a described type was expected");
        return ReadULong() ?? throw Malformed("a descriptor is null");
    }

    /// <summary>Enters a list: a reader over its elements alone.</summary>
    public AmqpReader ReadList(out int count)
    {
        var code = ReadByte();
        return code switch
        {
            0x45 => Empty(out count),
            0xc0 or 0xd0 => ReadCompound(code == 0xc0, out count),
            _ => throw Malformed("a list was expected"),
        };
    }

    /// <summary>Enters a map: a reader over keys and values alone; <paramref name="pairs"/> of them. Null reads as empty.</summary>
    public AmqpReader ReadMap(out int pairs)
    {
        var code = ReadByte();
        if (code == 0x40) return Empty(out pairs);
        if (code is not (0xc1 or 0xd1)) throw Malformed("a map was expected");
        var inner = ReadCompound(code == 0xc1, out var count);
        if (count % 2 != 0) throw Malformed("a map has a key without a value");
        pairs = count / 2;
        return inner;
    }

    public bool? ReadBool() => ReadByte() switch
    {
        0x40 => null,
        0x41 => true,
        0x42 => false,
        0x56 => ReadByte() switch { 0 => false, 1 => true, _ => throw Malformed("a boolean is neither 0 nor 1") },
        _ => throw Malformed("a boolean was expected"),
    };

    public byte? ReadUByte() => ReadByte() switch
    {
        0x40 => null,
        0x50 => ReadByte(),
        _ => throw Malformed("a ubyte was expected"),
    };

    public ushort? ReadUShort() => ReadByte() switch
    {
        0x40 => null,
        0x60 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
        _ => throw Malformed("a ushort was expected"),
    };

    public uint? ReadUInt() => ReadByte() switch
    {
        0x40 => null,
        0x43 => 0,
        0x52 => ReadByte(),
        0x70 => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
        _ => throw Malformed("a uint was expected"),
    };

    public ulong? ReadULong() => ReadByte() switch
    {
        0x40 => null,
        0x44 => 0,
        0x53 => ReadByte(),
        0x80 => BinaryPrimitives.ReadUInt64BigEndian(Take(8)),
        _ => throw Malformed("a ulong was expected"),
    };

    /// <summary>A string or a symbol.</summary>
    public string? ReadText()
    {
        var code = ReadByte();
        return code switch
        {
            0x40 => null,
            0xa1 => Utf8(Take(ReadByte())),
            0xb1 => Utf8(Take(ReadLength())),
            0xa3 => Encoding.Latin1.GetString(Take(ReadByte())),
            0xb3 => Encoding.Latin1.GetString(Take(ReadLength())),
            _ => throw Malformed("a string was expected"),
        };
    }

    /// <summary>The bytes of a string or a symbol; empty for null.</summary>
    public ReadOnlySpan<byte> ReadTextBytes()
    {
        var code = ReadByte();
        return code switch
        {
            0x40 => default,
            0xa1 or 0xa3 => Take(ReadByte()),
            0xb1 or 0xb3 => Take(ReadLength()),
            _ => throw Malformed("a string was expected"),
        };
    }

    public ReadOnlySpan<byte> ReadBinary() => ReadByte() switch
    {
        0x40 => default,
        0xa0 => Take(ReadByte()),
        0xb0 => Take(ReadLength()),
        _ => throw Malformed("a binary was expected"),
    };

    /// <summary>One whole value as it is encoded, checked for well-formedness to its leaves.</summary>
    public ReadOnlySpan<byte> ReadRaw()
    {
        var start = Position;
        Skip(0);
        return _bytes[start..Position];
    }

    private void Skip(int depth)
    {
        if (depth > MaximumDepth) throw Malformed("values are nested too deep");
        var code = ReadByte();
        switch (code >> 4)
        {
            case 0x0 when code == 0x00:
                Skip(depth + 1);
                Skip(depth + 1);
                break;
            case 0x4 when code is 0x40 or 0x41 or 0x42 or 0x43 or 0x44 or 0x45: break;
            case 0x5 when code is >= 0x50 and <= 0x56: Take(1); break;
            case 0x6 when code is 0x60 or 0x61: Take(2); break;
            case 0x7 when code is >= 0x70 and <= 0x74: Take(4); break;
            case 0x8 when code is >= 0x80 and <= 0x84: Take(8); break;
            case 0x9 when code is 0x94 or 0x98: Take(16); break;
            case 0xa when code is 0xa0 or 0xa1 or 0xa3: Take(ReadByte()); break;
            case 0xb when code is 0xb0 or 0xb1 or 0xb3: Take(ReadLength()); break;
            case 0xc when code is 0xc0 or 0xc1: SkipElements(ReadCompound(true, out var few), few, code == 0xc1, depth); break;
            case 0xd when code is 0xd0 or 0xd1: SkipElements(ReadCompound(false, out var many), many, code == 0xd1, depth); break;
            case 0xe when code == 0xe0: Take(ReadByte()); break;
            case 0xf when code == 0xf0: Take(ReadLength()); break;
            default: throw Malformed($"0x{code:x2} is no format code");
        }
    }

    private static void SkipElements(AmqpReader inner, int count, bool isMap, int depth)
    {
        if (isMap && count % 2 != 0) throw Malformed("a map has a key without a value");
        for (var i = 0; i < count; i++) inner.Skip(depth + 1);
        if (!inner.AtEnd) throw Malformed("a compound is longer than its elements");
    }

    private AmqpReader ReadCompound(bool small, out int count)
    {
        var size = small ? ReadByte() : ReadLength();
        var inner = new AmqpReader(Take(size));
        count = small ? inner.ReadByte() : inner.ReadLength();
        // Every element is at least one byte.
        if (count > inner.Rest.Length) throw Malformed("a compound claims more elements than it has bytes");
        return inner;
    }

    private static AmqpReader Empty(out int count)
    {
        count = 0;
        return new(default);
    }

    public byte ReadByte()
    {
        if (Position >= _bytes.Length) throw Truncated();
        return _bytes[Position++];
    }

    public int ReadLength()
    {
        var length = BinaryPrimitives.ReadUInt32BigEndian(Take(4));
        return length <= int.MaxValue ? (int)length : throw Truncated();
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - Position) throw Truncated();
        var span = _bytes.Slice(Position, count);
        Position += count;
        return span;
    }

    private static string Utf8(ReadOnlySpan<byte> text)
    {
        try
        {
            return Strict.GetString(text);
        }
        catch (DecoderFallbackException)
        {
            throw Malformed("a string is not UTF-8");
        }
    }

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private static AmqpException Truncated() => Malformed("a value ends before its length");
    private static AmqpException Malformed(string what) => new(AmqpError.DecodeError, $"The frame cannot be decoded: {what}.");
}
