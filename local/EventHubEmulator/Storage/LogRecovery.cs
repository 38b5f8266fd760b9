namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>Opens the segments of a partition after a clean stop or a kill.</summary>
internal static class LogRecovery
{
    /// <exception cref="InvalidDataException">A segment is missing or damaged: acknowledged events would be lost, and their numbers given again.</exception>
    public static Segment[] Open(string directory, Action<string> report)
    {
        var segments = new List<Segment>();
        var paths = Paths(directory);
        try
        {
            for (var i = 0; i < paths.Length; i++)
            {
                var isLast = i == paths.Length - 1;
                if (Segment.Open(paths[i]) is { } segment) segments.Add(segment);
                else if (isLast && new FileInfo(paths[i]).Length <= Segment.HeaderBytes) RemoveUnfinished(paths[i], report);
                else throw Damaged(paths[i], "its header cannot be read");
            }
            Check(segments);
            return Trim(segments, report);
        }
        catch
        {
            foreach (var segment in segments) segment.Dispose();
            throw;
        }
    }

    public static string[] Paths(string directory) => [.. Directory.GetFiles(directory, "*.log").Order(StringComparer.Ordinal)];

    private static void Check(List<Segment> segments)
    {
        for (var i = 1; i < segments.Count; i++)
        {
            var (previous, segment) = (segments[i - 1], segments[i]);
            if (segment.BaseSequence != previous.LastSequence + 1 && !(segment.FollowsGap && segment.BaseSequence > previous.LastSequence))
                throw Damaged(previous.Path, $"it ends with event {previous.LastSequence}, and the next segment begins with {segment.BaseSequence}");
        }
        if (segments is [.., var last] && !LogDamage.IsUnfinishedWrite(LogDamage.Unreadable(last), last.LastSequence))
            throw Damaged(last.Path, $"what begins at byte {last.ReadableBytes} is no unfinished write");
    }

    private static Segment[] Trim(List<Segment> segments, Action<string> report)
    {
        if (segments is [.., _, { IsEmpty: true, FollowsGap: false } empty])
        {
            empty.Delete();
            segments.Remove(empty);
        }
        if (segments is [.., var last] && last.CutTail() is var cut and > 0)
            report($"cut {cut} bytes of an unfinished, unacknowledged write from {last.Path}");
        return [.. segments];
    }

    private static void RemoveUnfinished(string path, Action<string> report)
    {
        report($"removed {path}: it was being made when the hub was stopped");
        File.Delete(path);
    }

    private static InvalidDataException Damaged(string path, string how) => new(
        $"{path} is damaged: {how}. Events that were acknowledged would be lost. Restore the file, or start the hub once with --repair: it keeps what can be read, says what is lost, and goes on with higher numbers.");
}
