using System.Text.Json;

namespace IoTBackend.Benchmarks;

/// <summary>What a process says of itself through the startup hook.</summary>
/// <param name="AllocatedBytes">Since it started.</param>
/// <param name="Executions">Invocations of functions; zero unless counting was asked for.</param>
/// <param name="RequestsByPort">Requests it sent; empty unless counting was asked for.</param>
internal sealed record ProcessUse(long AllocatedBytes, long Executions, Dictionary<int, long> RequestsByPort)
{
    /// <summary>Environment variable: where the hook writes.</summary>
    public const string FileVariable = "BENCH_USE_FILE";

    /// <summary>Environment variable: set to count executions and requests, which costs a little itself.</summary>
    public const string CountVariable = "BENCH_COUNT";

    public static ProcessUse? Read(string file) => File.Exists(file) ? JsonSerializer.Deserialize<ProcessUse>(File.ReadAllText(file)) : null;
}
