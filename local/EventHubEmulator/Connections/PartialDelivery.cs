using System.Buffers;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>
/// The frames so far of a delivery that takes several. What it holds is counted on its connection: deliveries that are begun on many links and never
/// ended must not make the hub grow. Under the connection's gate.
/// </summary>
internal sealed class PartialDelivery(PeerLimits limits)
{
    private byte[] _buffer = [];
    private int _length, _usual;

    public int Length => _length;
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>False when the connection, or the hub, already holds as much as it may.</summary>
    public bool TryAppend(ReadOnlySpan<byte> payload)
    {
        if (_buffer.Length - _length < payload.Length && !TryGrow(_length + payload.Length)) return false;
        payload.CopyTo(_buffer.AsSpan(_length));
        _length += payload.Length;
        return true;
    }

    public void Clear()
    {
        if (_buffer.Length == 0) return;
        limits.Unhold(_buffer.Length);
        ArrayPool<byte>.Shared.Return(_buffer);
        (_usual, _buffer, _length) = (_length, [], 0);
    }

    private bool TryGrow(int needed)
    {
        // A link's deliveries are alike: room for one like the last is taken at once.
        var wanted = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _buffer.Length == 0 ? _usual : _buffer.Length * 2));
        if (!limits.TryHold(wanted.Length - _buffer.Length))
        {
            ArrayPool<byte>.Shared.Return(wanted);
            return false;
        }
        Written.CopyTo(wanted);
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = wanted;
        return true;
    }
}
