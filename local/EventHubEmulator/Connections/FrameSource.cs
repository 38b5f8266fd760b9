using System.Buffers.Binary;
using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>Bytes that came in, as protocol headers and whole frames.</summary>
internal sealed class FrameSource(Stream stream, int maxFrameSize)
{
    private byte[] _buffer = new byte[4096];
    private int _start, _end;

    /// <summary>Tick of the last bytes received, in <see cref="Environment.TickCount64"/> milliseconds.</summary>
    public long LastReceivedTick { get; private set; } = Environment.TickCount64;

    /// <summary>The next 8 bytes, or null at the end of the stream.</summary>
    public async ValueTask<ulong?> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        while (_end - _start < 8)
            if (!await FillAsync(cancellationToken)) return null;
        var header = BinaryPrimitives.ReadUInt64BigEndian(_buffer.AsSpan(_start));
        _start += 8;
        return header;
    }

    /// <summary>A whole frame that is already there.</summary>
    /// <exception cref="AmqpException">The frame's size or data offset is impossible.</exception>
    public bool TryTake(out ReadOnlySpan<byte> frame)
    {
        frame = default;
        var available = _buffer.AsSpan(_start, _end - _start);
        if (available.Length < 8) return false;
        var size = BinaryPrimitives.ReadUInt32BigEndian(available);
        if (size < 8 || size > maxFrameSize || available[4] < 2 || available[4] * 4 > size)
            throw new AmqpException(AmqpError.FramingError, $"A frame of {size} bytes with data offset {available[4]} is not possible here; at most {maxFrameSize} bytes.");
        if (size > available.Length) return false;
        frame = available[..(int)size];
        _start += (int)size;
        return true;
    }

    /// <summary>False at the end of the stream.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start == _end) _start = _end = 0;
        if (_start > 0 && _buffer.Length - _end < _buffer.Length / 2)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length) Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, maxFrameSize * 2));
        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        if (read == 0) return false;
        _end += read;
        LastReceivedTick = Environment.TickCount64;
        // A busy connection gets a buffer that takes many frames in one read.
        if (_end == _buffer.Length && _buffer.Length < maxFrameSize * 2) Array.Resize(ref _buffer, Math.Min(_buffer.Length * 4, maxFrameSize * 2));
        return true;
    }
}
