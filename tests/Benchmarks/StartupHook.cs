using IoTBackend.Benchmarks.Ingest;

/// <summary>Loaded by the runtime into the process that is measured (DOTNET_STARTUP_HOOKS): says how much it has allocated.</summary>
#pragma warning disable CA1050 // The runtime looks for this name outside of any namespace.
internal static class StartupHook
{
    private static Timer? s_timer;

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(ProcessCost.AllocationFile) is not { } file)
            return;
        s_timer = new Timer(_ => File.WriteAllText(file, GC.GetTotalAllocatedBytes().ToString(System.Globalization.CultureInfo.InvariantCulture)), null, 0, 200);
    }
}
