using System.Diagnostics;

namespace IoTBackend.Benchmarks.Hub;

/// <summary>One file: append, fsync, again. What a log without a network and without group commit would reach here.</summary>
internal static class BareDisk
{
    /// <summary>What the hub stores for an event with a body of 256 bytes.</summary>
    private const int RecordBytes = 383;

    public static (double Batches, double Singles) Measure(TimeSpan duration) => (Run(100, duration / 2), Run(1, duration / 2));

    private static double Run(int events, TimeSpan duration)
    {
        var path = Path.Combine(Path.GetTempPath(), $"bench-{Guid.NewGuid():N}");
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose);
        var bytes = new byte[RecordBytes * events];
        var (position, written) = (0L, 0L);
        var clock = Stopwatch.StartNew();
        for (; clock.Elapsed < duration; written += events, position += bytes.Length)
        {
            RandomAccess.Write(file, bytes, position);
            RandomAccess.FlushToDisk(file);
        }
        return written / clock.Elapsed.TotalSeconds;
    }
}
