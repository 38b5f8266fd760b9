using System.Text;

namespace IoTBackend.Core.Shared;

/// <summary>
/// Gives the same string again for the same bytes. Gateways, tracks and digests repeat in nearly every reading; what does
/// not repeat only pushes something else out of its slot, so hostile variety costs no memory. Not thread-safe.
/// </summary>
internal sealed class Utf8Interner
{
    private const int Slots = 1024;

    private readonly (byte[] Bytes, string Text)[] _slots = new (byte[], string)[Slots];

    public string Intern(ReadOnlySpan<byte> utf8)
    {
        var hash = new HashCode();
        hash.AddBytes(utf8);
        ref var slot = ref _slots[(uint)hash.ToHashCode() % Slots];
        if (slot.Bytes is null || !utf8.SequenceEqual(slot.Bytes))
            slot = (utf8.ToArray(), Encoding.UTF8.GetString(utf8));
        return slot.Text;
    }
}
