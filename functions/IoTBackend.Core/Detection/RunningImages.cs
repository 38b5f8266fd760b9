using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IoTBackend.Core.Detection;

/// <summary>
/// Which image runs on each track of a device, by its own readings, and since when: a reading names one track at a time. Names are kept as hashes
/// (XxHash3 of UTF-16, a contract of the stored form), times in Unix seconds; the least recently named of more than <see cref="Most"/> tracks is forgotten.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct RunningImages
{
    private const int Most = 3;

    /// <summary>Seconds; what was not named for so long, while others were, runs no more.</summary>
    private const uint Week = 7 * 24 * 3600;

    /// <summary>Distinct times at which the device was heard, ever; wraps.</summary>
    private uint _arrivals;
    private int _latest;
    private Slots _slots;

    private readonly bool IsEmpty => _slots[_latest].Track == 0;

    /// <summary>Counts an arrival, whatever it says.</summary>
    public void Heard() => _arrivals++;

    /// <summary>The reading names what the latest one named.</summary>
    public void NamedAgain(long arrival)
    {
        if (!IsEmpty)
            _slots[_latest].NamedAt = Seconds(arrival);
    }

    /// <summary>Takes over what a state of before knew.</summary>
    public void Seed(string? track, string? digest)
    {
        if (IsEmpty && digest is not null)
            Name(track, digest, 0);
    }

    /// <summary>Takes in what a reading names; true when a track runs another image than before.</summary>
    public bool Name(string? track, string digest, long arrival)
    {
        var (key, image, now) = (TrackOf(track), Hash(digest), Seconds(arrival));
        var oldest = 0;
        for (var i = 0; i < Most; i++)
        {
            ref var slot = ref _slots[i];
            if (slot.Track == key)
            {
                var isOther = slot.Digest != image;
                if (isOther)
                    slot = new() { Track = key, Digest = image, Since = now, From = _arrivals };
                slot.NamedAt = now;
                _latest = i;
                return isOther;
            }
            if (slot.Track == 0 ? _slots[oldest].Track != 0 : slot.NamedAt < _slots[oldest].NamedAt && _slots[oldest].Track != 0)
                oldest = i;
        }
        _slots[oldest] = new() { Track = key, Digest = image, Since = now, NamedAt = now, From = _arrivals };
        _latest = oldest;
        return false;
    }

    /// <summary>What runs on a track: under its name, or else under none, for a device that names no tracks. Null = the device never named it.</summary>
    public readonly RunningImage? Find(string track)
    {
        RunningImage? unnamed = null;
        var (key, none) = (TrackOf(track), TrackOf(null));
        foreach (ref readonly var slot in (ReadOnlySpan<Slot>)_slots)
        {
            if (slot.Track == key)
                return Of(in slot);
            if (slot.Track == none)
                unnamed = Of(in slot);
        }
        return unnamed;
    }

    /// <summary>Of the tracks that the latest reading with an image does not name and others of its week do, as <see cref="KeyOf"/> has them.</summary>
    public readonly List<(uint Track, ulong Digest)> Others()
    {
        var keys = new List<(uint, ulong)>();
        for (var i = 0; i < Most; i++)
        {
            if (i != _latest && _slots[i].Track != 0 && _slots[i].NamedAt + (ulong)Week >= _slots[_latest].NamedAt)
                keys.Add((_slots[i].Track, _slots[i].Digest));
        }
        return keys;
    }

    /// <summary>The hashes under which an image of a track is kept.</summary>
    public static (uint Track, ulong Digest) KeyOf(string track, string digest) => (TrackOf(track), Hash(digest));

    /// <summary>The hash under which a digest is kept.</summary>
    public static ulong Hash(string digest) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(digest.AsSpan()));

    private static uint TrackOf(string? track) => (uint)Hash(track ?? "") | 1;

    private static uint Seconds(long milliseconds) => (uint)Math.Clamp(milliseconds / 1000, 0, uint.MaxValue);

    private readonly RunningImage Of(in Slot slot) => new(
        slot.Digest, DateTimeOffset.FromUnixTimeSeconds(slot.Since), DateTimeOffset.FromUnixTimeSeconds(slot.NamedAt), unchecked(_arrivals - slot.From));

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Slot
    {
        public uint Track;
        public uint Since;
        public uint NamedAt;
        public uint From;
        public ulong Digest;
    }

    [InlineArray(Most)]
    private struct Slots
    {
        private Slot _first;
    }
}

/// <param name="Digest">By <see cref="RunningImages.Hash"/>.</param>
/// <param name="Since">First arrival that named it, whole seconds; the epoch = before this was kept.</param>
/// <param name="NamedAt">Latest arrival that named it.</param>
/// <param name="Heartbeats">Distinct times at which the device was heard since the one that named it first.</param>
internal readonly record struct RunningImage(ulong Digest, DateTimeOffset Since, DateTimeOffset NamedAt, long Heartbeats);
