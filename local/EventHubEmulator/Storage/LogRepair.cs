using System.Globalization;
using System.Text;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>
/// Makes a partition usable again after files were damaged or lost: whole records keep their numbers and offsets, in new segments; numbers that are
/// lost are never given again, because readers may have seen them. A damaged file stays, as <c>.log.damaged</c>.
/// </summary>
internal sealed class LogRepair(string directory, Action<string> report)
{
    private long _last = -1;
    private long _endOffset;

    public static void Run(string directory, Action<string> report)
    {
        var repair = new LogRepair(directory, report);
        var paths = LogRecovery.Paths(directory);
        foreach (var path in paths) repair.Take(path, isNewest: path == paths[^1]);
    }

    private void Take(string path, bool isNewest)
    {
        var first = long.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture);
        var bytes = File.ReadAllBytes(path);
        var runs = RecordRun.AllIn(bytes, Math.Max(_last, first - 1));
        var followsGap = _last >= 0 && first != _last + 1;
        if (IsWhole(path, bytes, runs, isNewest)) Keep(path, bytes, runs, first, followsGap);
        else Replace(path, bytes, runs, first, isNewest);
    }

    private static bool IsWhole(string path, byte[] bytes, List<RecordRun> runs, bool isNewest)
    {
        using var segment = Segment.Open(path);
        if (segment is null) return isNewest && bytes.Length <= Segment.HeaderBytes;
        return runs switch
        {
            [] => IsWholeUpTo(Segment.HeaderBytes, segment.BaseSequence - 1, false),
            [var only] when only.Start == Segment.HeaderBytes && only.First == segment.BaseSequence => IsWholeUpTo(only.End, only.Last, only.EndsInsideBatch),
            _ => false,
        };

        bool IsWholeUpTo(int end, long last, bool insideBatch) =>
            isNewest ? LogDamage.IsUnfinishedWrite(bytes.AsSpan(end), last) : end == bytes.Length && !insideBatch;
    }

    private void Keep(string path, byte[] bytes, List<RecordRun> runs, long first, bool followsGap)
    {
        if (bytes.Length < Segment.HeaderBytes) return;
        var baseOffset = Segment.BaseOffsetOf(bytes);
        if (followsGap)
        {
            report($"{path}: events {_last + 1} to {first - 1}, which were before it, are lost");
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
            RandomAccess.Write(handle, Segment.Header(first, baseOffset, followsGap: true), 0);
        }
        _last = runs is [.., var end] ? end.Last : first - 1;
        _endOffset = baseOffset + bytes.Length - Segment.HeaderBytes;
    }

    private void Replace(string path, byte[] bytes, List<RecordRun> runs, long first, bool isNewest)
    {
        File.Move(path, path + ".damaged", overwrite: true);
        File.Delete(SegmentIndexFile.PathOf(path));
        var told = new StringBuilder($"{path}: kept {runs.Sum(run => run.Last - run.First + 1)} events");
        // Where nothing says which offset the file began with, the segment before does.
        var baseOffset = runs is [var any, ..] ? any.OffsetOfFirst(bytes) - any.Start + Segment.HeaderBytes : _endOffset;
        foreach (var run in runs)
        {
            var followsGap = _last >= 0 && run.First != _last + 1;
            if (followsGap) told.Append(CultureInfo.InvariantCulture, $", lost {_last + 1} to {run.First - 1}");
            using var segment = Segment.Create(directory, run.First, run.OffsetOfFirst(bytes), followsGap);
            RandomAccess.Write(segment.Handle, run.Close(bytes), Segment.HeaderBytes);
            RandomAccess.FlushToDisk(segment.Handle);
            _last = run.Last;
        }
        _endOffset = baseOffset + bytes.Length - Segment.HeaderBytes;
        var unread = bytes.Length - (runs is [.., var end] ? end.End : Segment.HeaderBytes);
        // The file's name counts where nothing in it does: the segments before it may be gone.
        _last = Math.Max(_last, first - 1);
        if (isNewest && unread > 0) GoAhead(unread, told);
        report($"{told}; the damaged file is kept as {path}.damaged");
    }

    /// <summary>Nobody knows how many events the unreadable end held: the numbers go on behind as many as have room there.</summary>
    private void GoAhead(int unread, StringBuilder told)
    {
        var next = _last + 2 + (unread / Record.MinimumBytes);
        told.Append(CultureInfo.InvariantCulture, $", lost what came after {_last}; the next event is {next}");
        Segment.Create(directory, next, _endOffset, followsGap: true).Dispose();
    }
}
