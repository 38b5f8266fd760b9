using System.Globalization;
using System.Runtime.InteropServices;

namespace IoTBackend.Agent.Host;

/// <summary>
/// Pages of the program and its libraries. A start and an update run through most of them, a reading a minute through half, and what a process has mapped
/// the kernel takes from others first.
/// </summary>
internal static partial class FilePages
{
    private const int DontNeed = 4; // MADV_DONTNEED

    /// <summary>Leaves them all to the page cache, out of which those that are needed come back by themselves (madvise(2)).</summary>
    public static void Leave()
    {
        foreach (var (begin, end) in Unchanged(File.ReadLines("/proc/self/smaps")))
            _ = Advise(begin, end - begin, DontNeed);
    }

    /// <summary>Mappings of files of which no page was changed: such a page is in no file, and would be lost, in memory or swapped out.</summary>
    /// <param name="smaps">A mapping, then what is to be said of it, each under a name of its own (proc(5)).</param>
    internal static IEnumerable<(nuint Begin, nuint End)> Unchanged(IEnumerable<string> smaps)
    {
        (nuint, nuint)? mapping = null;
        foreach (var line in smaps)
        {
            if (line is not [>= 'A' and <= 'Z', ..])
                mapping = OfFile(line);
            else if (line.StartsWith("Anonymous:", StringComparison.Ordinal) && !line.EndsWith(" 0 kB", StringComparison.Ordinal))
                mapping = null;
            else if (mapping is { } unchanged && line.StartsWith("Swap:", StringComparison.Ordinal) && line.EndsWith(" 0 kB", StringComparison.Ordinal))
                yield return unchanged;
        }
    }

    private static (nuint, nuint)? OfFile(string line) =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var addresses, ['r', '-', ..], _, _, _, ['/', ..], ..] && addresses.Split('-') is [var from, var to]
        && nuint.TryParse(from, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var begin) && nuint.TryParse(to, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var end)
            ? (begin, end) : null;

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint address, nuint length, int advice);
}
