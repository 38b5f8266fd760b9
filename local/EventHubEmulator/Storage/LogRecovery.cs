namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>Opens the segments of a partition after a clean stop or a kill.</summary>
internal static class LogRecovery
{
    /// <exception cref="InvalidDataException">A segment in the middle is missing or damaged: acknowledged events would be lost silently.</exception>
    public static Segment[] Open(string directory, Action<string> report)
    {
        var segments = new List<Segment>();
        var paths = Directory.GetFiles(directory, "*.log").Order(StringComparer.Ordinal).ToArray();
        for (var i = 0; i < paths.Length; i++)
        {
            var segment = Segment.Open(paths[i]);
            if (segment is null && i == paths.Length - 1)
            {
                report($"removed {paths[i]}: it was being made when the hub was stopped");
                File.Delete(paths[i]);
                continue;
            }
            if (segment is null || (segments is [.., var previous] && segment.BaseSequence != previous.LastSequence + 1))
                throw new InvalidDataException($"{paths[i]} does not follow the segment before it: events are missing or damaged. Restore the files, or remove {directory} to start empty.");
            if (segment.IsEmpty && segments.Count > 0 && i == paths.Length - 1)
            {
                segment.Delete();
                continue;
            }
            segments.Add(segment);
        }
        if (segments is [.., var last] && last.CutTail() is var cut and > 0)
            report($"cut {cut} bytes of an unfinished, unacknowledged write from {last.Path}");
        return [.. segments];
    }
}
