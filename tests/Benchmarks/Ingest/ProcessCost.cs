using System.Diagnostics;
using System.Globalization;

namespace IoTBackend.Benchmarks.Ingest;

/// <summary>What another process used, from <c>/proc</c>; its allocations from the hook it was started with.</summary>
internal sealed record ProcessCost(TimeSpan Cpu, long ResidentBytes, long? AllocatedBytes)
{
    public static ProcessCost Of(int processId, string? useFile = null)
    {
        var fields = File.ReadAllText($"/proc/{processId}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // utime and stime, in ticks of 10 ms (proc(5): fields 14 and 15 of the whole line).
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        var pages = long.Parse(File.ReadAllText($"/proc/{processId}/statm").Split(' ')[1], CultureInfo.InvariantCulture);
        return new(TimeSpan.FromMilliseconds(ticks * 10), pages * Environment.SystemPageSize, useFile is null ? null : ProcessUse.Read(useFile)?.AllocatedBytes);
    }

    /// <summary>Tells the process to stand still (<c>-STOP</c>) or to go on (<c>-CONT</c>).</summary>
    public static async Task SignalAsync(string signal, int processId)
    {
        using var kill = Process.Start("kill", [signal, processId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public static ProcessCost operator -(ProcessCost after, ProcessCost before) =>
        new(after.Cpu - before.Cpu, after.ResidentBytes - before.ResidentBytes, after.AllocatedBytes - before.AllocatedBytes);
}
