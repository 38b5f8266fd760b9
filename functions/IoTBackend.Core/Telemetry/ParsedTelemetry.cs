namespace IoTBackend.Core.Telemetry;

/// <param name="Index">Place of the reading in the body, from 0.</param>
/// <param name="Reason">Why it was refused.</param>
public readonly record struct Rejection(int Index, string Reason);

/// <summary>What a body held. Made once and used again: parsing allocates nothing for readings that are accepted.</summary>
public sealed class ParsedTelemetry
{
    public List<Reading> Accepted { get; } = [];

    /// <summary>Where each accepted reading stands in the body; empty for formats that do not keep one reading in one place.</summary>
    public List<Range> Places { get; } = [];

    public List<Rejection> Rejected { get; } = [];

    /// <summary>Why nothing of the body could be read; null = it could.</summary>
    public string? Unreadable { get; internal set; }

    internal int Count => Accepted.Count + Rejected.Count;

    internal void Clear()
    {
        Accepted.Clear();
        Places.Clear();
        Rejected.Clear();
        Unreadable = null;
    }
}
