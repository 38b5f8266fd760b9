using System.Buffers;
using System.Runtime.CompilerServices;

namespace IoTBackend.Core.Readings;

/// <param name="Index">Place of the reading in the body, from 0.</param>
/// <param name="Reason">Why it was refused.</param>
public readonly record struct Rejection(int Index, string Reason);

/// <param name="Index">Place of the reading in the body, from 0.</param>
/// <param name="Field">What could not be used, for example <c>battery.percent</c>; the rest of the reading was taken.</param>
/// <param name="Reason">Why.</param>
public readonly record struct IgnoredField(int Index, string Field, string Reason);

/// <summary>
/// What a body held. Made once and used again: parsing allocates nothing for readings in which all is well. Of what is wrong
/// only the first are kept, <see cref="MaxListed"/> with their reasons; the rest are counted.
/// </summary>
public sealed class ParsedTelemetry
{
    /// <summary>Refused readings, and ignored fields, that are named.</summary>
    public const int MaxListed = 100;

    private const int MaxReasonLength = 256;
    private const int MaxNamed = 20;

    private IgnoredCounts _ignored;

    public List<Reading> Accepted { get; } = [];

    /// <summary>Where each accepted reading stands: in the body, or in <see cref="Canonical"/> where the format is not the canonical one.</summary>
    public List<Range> Places { get; } = [];

    /// <summary>The first of the refused readings.</summary>
    public List<Rejection> Rejected { get; } = [];

    /// <summary>Readings refused, listed or not.</summary>
    public int RejectedCount { get; private set; }

    /// <summary>The first of the fields that cost nothing but themselves.</summary>
    public List<IgnoredField> Ignored { get; } = [];

    /// <summary>Fields ignored, listed or not.</summary>
    public int IgnoredCount { get; private set; }

    /// <summary>Why nothing of the body could be read; null = it could.</summary>
    public string? Unreadable { get; private set; }

    /// <summary>
    /// What reading the body took, in readings: the readings it holds, a quarter of its SenML records, or a KiB of it or of
    /// its translation each, whichever is most; at least 1.
    /// </summary>
    public int Units { get; internal set; }

    /// <summary>The same for bytes that were looked at and hold nothing.</summary>
    public static int UnitsOf(int bytes) => Math.Max(1, bytes / 1024);

    /// <summary>The readings in canonical JSON, for formats that were translated into it; else null.</summary>
    internal ArrayBufferWriter<byte>? Canonical { get; private set; }

    /// <summary>SenML records, of whatever use.</summary>
    internal int Records { get; set; }

    internal int Count => Accepted.Count + RejectedCount;

    internal ref readonly IgnoredCounts IgnoredCounts => ref _ignored;

    /// <summary>Why the body, or some of its readings, were refused, in one text of bounded length; null = nothing was.</summary>
    internal string? Refusal
    {
        get
        {
            if (Unreadable is not null || RejectedCount == 0)
                return Unreadable;
            var lines = Rejected.Take(MaxNamed).Select(r => $"Reading {r.Index}: {r.Reason}");
            return string.Join('\n', RejectedCount > MaxNamed ? lines.Append($"and {RejectedCount - MaxNamed} more") : lines);
        }
    }

    internal void Clear()
    {
        Accepted.Clear();
        Places.Clear();
        Rejected.Clear();
        Ignored.Clear();
        (RejectedCount, IgnoredCount, _ignored) = (0, 0, default);
        (Unreadable, Canonical, Records) = (null, null, 0);
    }

    /// <summary>Nothing of it counts; what it cost does.</summary>
    internal void Refuse(string reason)
    {
        var records = Records;
        Clear();
        (Unreadable, Records) = (reason, records);
    }

    internal void Reject(string reason)
    {
        if (Rejected.Count < MaxListed)
            Rejected.Add(new(Count, Short(reason)));
        RejectedCount++;
    }

    /// <summary>The reading that is being read goes on without it.</summary>
    /// <param name="field">What kind of field.</param>
    /// <param name="reason">Why.</param>
    /// <param name="name">Its name where it is not the kind's.</param>
    internal void Ignore(ReadingField field, string reason, string? name = null) => Ignore(Count, field, reason, name);

    internal void Ignore(int index, ReadingField field, string reason, string? name = null)
    {
        if (Ignored.Count < MaxListed)
            Ignored.Add(new(index, Short(name ?? field.Name()), Short(reason)));
        IgnoredCount++;
        _ignored[(int)field]++;
    }

    internal ArrayBufferWriter<byte> Translate() => Canonical ??= new();

    internal Mark Here() => new(Accepted.Count, Places.Count, RejectedCount, IgnoredCount, _ignored);

    /// <summary>Takes back what came after <paramref name="mark"/>.</summary>
    internal void Truncate(in Mark mark)
    {
        Accepted.RemoveRange(mark.Accepted, Accepted.Count - mark.Accepted);
        Places.RemoveRange(mark.Places, Places.Count - mark.Places);
        (RejectedCount, IgnoredCount, _ignored) = (mark.Rejected, mark.IgnoredCount, mark.Ignored);
        if (Rejected.Count > RejectedCount)
            Rejected.RemoveRange(RejectedCount, Rejected.Count - RejectedCount);
        if (Ignored.Count > IgnoredCount)
            Ignored.RemoveRange(IgnoredCount, Ignored.Count - IgnoredCount);
    }

    private static string Short(string text) => text.Length <= MaxReasonLength ? text : text[..MaxReasonLength] + "...";

    internal readonly record struct Mark(int Accepted, int Places, int Rejected, int IgnoredCount, IgnoredCounts Ignored);
}

/// <summary>Ignored fields by kind.</summary>
[InlineArray((int)ReadingField.Count)]
internal struct IgnoredCounts
{
    private int _first;
}
