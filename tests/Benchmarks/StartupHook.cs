using System.Text.Json;
using IoTBackend.Benchmarks;
using IoTBackend.Benchmarks.Costs;

/// <summary>Loaded by the runtime into each process that is measured (DOTNET_STARTUP_HOOKS), host and worker: says what it has used.</summary>
#pragma warning disable CA1050 // The runtime looks for this name outside of any namespace.
internal static class StartupHook
{
    private static readonly Lock Writing = new();
    private static Timer? s_timer;

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(ProcessUse.FileVariable) is not { } common)
            return;
        var file = ProcessUse.FileOf(common, Path.GetFileNameWithoutExtension(Environment.GetCommandLineArgs()[0]));
        var counter = Environment.GetEnvironmentVariable(ProcessUse.CountVariable) is null ? null : new UseCounter();
        s_timer = new Timer(_ => Write(file, counter), null, 0, 200);
    }

    /// <summary>One at a time: a write that takes longer than the timer's period would share its file with the next.</summary>
    private static void Write(string file, UseCounter? counter)
    {
        if (!Writing.TryEnter())
            return;
        try
        {
            Replace(file, counter);
        }
        finally
        {
            Writing.Exit();
        }
    }

    private static void Replace(string file, UseCounter? counter)
    {
        var use = new ProcessUse(GC.GetTotalAllocatedBytes(), Environment.CpuUsage.TotalTime.TotalSeconds, counter?.Read());
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(use));
        File.Move(file + ".new", file, overwrite: true);
    }
}
