using System.Runtime.CompilerServices;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>When a device started over of late, by its own counter: its latest <see cref="Most"/> restarts in Unix seconds.</summary>
internal struct RecentResets
{
    public const int Most = 6;

    private Times _times;

    /// <summary>Restarts seen, ever.</summary>
    public uint Count { get; private set; }

    /// <summary>The latest; null = never seen to.</summary>
    public readonly DateTimeOffset? Latest => Count == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(((ReadOnlySpan<uint>)_times)[(int)((Count - 1) % Most)]);

    public void Add(long at) => _times[(int)(Count++ % Most)] = (uint)Math.Clamp(at / 1000, 1, uint.MaxValue);

    /// <summary>Restarts after a moment, as far as they are remembered.</summary>
    public readonly int Since(DateTimeOffset from, DateTimeOffset until)
    {
        var n = 0;
        foreach (var time in (ReadOnlySpan<uint>)_times)
            n += time != 0 && time > from.ToUnixTimeSeconds() && time <= until.ToUnixTimeSeconds() ? 1 : 0;
        return n;
    }

    [InlineArray(Most)]
    private struct Times
    {
        private uint _first;
    }
}
