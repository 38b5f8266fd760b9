using System.Globalization;

namespace IoTBackend.Stack.Children;

/// <summary>Which process started which, as /proc tells.</summary>
internal static class ProcessTree
{
    /// <returns>The process that this one has started and that still runs; 0 = none, or no /proc.</returns>
    public static int ChildOf(int parent)
    {
        foreach (var folder in Directory.Exists("/proc") ? Directory.EnumerateDirectories("/proc") : [])
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && ParentOf(folder) == parent)
                return id;
        return 0;
    }

    private static int ParentOf(string folder)
    {
        try
        {
            // "4711 (name, maybe with blanks and brackets) S 4710 ...": proc(5), fields pid, comm, state, ppid.
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return int.Parse(fields[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
