using System.Diagnostics;
using System.Globalization;

namespace EndToEnd.Tests.Outages;

/// <summary>A process that is stopped and goes on, and what memory it holds.</summary>
internal static class Signals
{
    public static Task StopAsync(int processId) => SendAsync("-STOP", processId);

    public static Task ContinueAsync(int processId) => SendAsync("-CONT", processId);

    /// <summary>Resident, MB.</summary>
    public static long Megabytes(int processId)
    {
        var pages = long.Parse(File.ReadAllText($"/proc/{processId}/statm").Split(' ')[1], CultureInfo.InvariantCulture);
        return pages * Environment.SystemPageSize >> 20;
    }

    private static async Task SendAsync(string signal, int processId)
    {
        using var kill = Process.Start("kill", [signal, processId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
