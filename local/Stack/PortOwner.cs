using System.Globalization;

namespace IoTBackend.Stack;

/// <summary>Finds out who listens on a port, as <c>ss -ltnp</c> does: the socket's inode in /proc/net/tcp, then the process that has it open.</summary>
internal static class PortOwner
{
    private const string Listening = "0A";
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <returns>For example <c>node (process 4711)</c>; null where it cannot be seen: another user's process, or no /proc.</returns>
    public static string? Of(int port)
    {
        try
        {
            var inodes = Tables.Where(File.Exists).SelectMany(File.ReadLines).Skip(1)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(field => field.Length > 9 && field[3] == Listening
                    && int.TryParse(field[1].Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var local) && local == port)
                .Select(field => $"socket:[{field[9]}]").ToHashSet();
            return inodes.Count == 0 ? null : Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0]))
                .FirstOrDefault(folder => Holds(folder, inodes)) is { } process
                    ? $"{File.ReadAllText(Path.Combine(process, "comm")).Trim()} (process {Path.GetFileName(process)})"
                    : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool Holds(string process, HashSet<string> inodes)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd"))
                .Any(descriptor => File.ResolveLinkTarget(descriptor, returnFinalTarget: false) is { } target && inodes.Contains(target.Name));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
