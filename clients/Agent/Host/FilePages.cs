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
        string? range = null;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            // A mapping, then what is to be said of it, each under a name of its own.
            if (line is [>= 'A' and <= 'Z', ..])
            {
                // A page that was changed is in no file, and would be lost.
                if (range is not null && line.StartsWith("Anonymous:", StringComparison.Ordinal) && line.EndsWith(" 0 kB", StringComparison.Ordinal))
                    Leave(range);
            }
            else
            {
                range = line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var addresses, ['r', '-', ..], _, _, _, ['/', ..], ..] ? addresses : null;
            }
        }
    }

    private static void Leave(string range)
    {
        if (range.Split('-') is [var from, var to] && nuint.TryParse(from, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var begin)
            && nuint.TryParse(to, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var end))
            _ = Advise(begin, end - begin, DontNeed);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint address, nuint length, int advice);
}
