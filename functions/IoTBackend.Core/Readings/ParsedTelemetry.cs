using System.Buffers;

namespace IoTBackend.Core.Readings;

/// <param name="Index">Place of the reading in the body, from 0.</param>
/// <param name="Reason">Why it was refused.</param>
public readonly record struct Rejection(int Index, string Reason);

/// <summary>What a body held. Made once and used again: parsing allocates nothing for readings that are accepted.</summary>
public sealed class ParsedTelemetry
{
    private const int MaxNamed = 20;

    public List<Reading> Accepted { get; } = [];

    /// <summary>Where each accepted reading stands: in the body, or in <see cref="Canonical"/> where the format is not the canonical one.</summary>
    public List<Range> Places { get; } = [];

    public List<Rejection> Rejected { get; } = [];

    /// <summary>Why nothing of the body could be read; null = it could.</summary>
    public string? Unreadable { get; internal set; }

    /// <summary>The readings in canonical JSON, for formats that were translated into it; else null.</summary>
    internal ArrayBufferWriter<byte>? Canonical { get; private set; }

    /// <summary>Why the body, or some of its readings, were refused, in one text of bounded length; null = nothing was.</summary>
    internal string? Refusal
    {
        get
        {
            if (Unreadable is not null || Rejected.Count == 0)
                return Unreadable;
            var lines = Rejected.Take(MaxNamed).Select(r => $"Reading {r.Index}: {r.Reason}");
            return string.Join('\n', Rejected.Count > MaxNamed ? lines.Append($"and {Rejected.Count - MaxNamed} more") : lines);
        }
    }

    internal int Count => Accepted.Count + Rejected.Count;

    internal void Clear()
    {
        Accepted.Clear();
        Places.Clear();
        Rejected.Clear();
        Unreadable = null;
        Canonical = null;
    }

    internal void Refuse(string reason)
    {
        Clear();
        Unreadable = reason;
    }

    internal ArrayBufferWriter<byte> Translate() => Canonical ??= new();

    /// <summary>Takes back what came after <paramref name="accepted"/> and <paramref name="rejected"/> of them.</summary>
    internal void Truncate(int accepted, int rejected)
    {
        Accepted.RemoveRange(accepted, Accepted.Count - accepted);
        Places.RemoveRange(accepted, Places.Count - accepted);
        Rejected.RemoveRange(rejected, Rejected.Count - rejected);
    }
}
