using System.Text.Json;

namespace IoTBackend.Benchmarks;

/// <summary>What a process says of itself through the startup hook.</summary>
/// <param name="AllocatedBytes">Since it started.</param>
/// <param name="CpuSeconds">Since it started.</param>
/// <param name="Counted">The rest; null unless counting was asked for.</param>
internal sealed record ProcessUse(long AllocatedBytes, double CpuSeconds, CountedUse? Counted)
{
    /// <summary>Environment variable: where the hook writes.</summary>
    public const string FileVariable = "BENCH_USE_FILE";

    /// <summary>Environment variable: set to count invocations and requests, which costs a little itself.</summary>
    public const string CountVariable = "BENCH_COUNT";

    public const string Host = "IoTBackend.FunctionsHost";

    public const string Worker = "IoTBackend.Functions";

    /// <summary>Host and worker inherit one environment and write a file each.</summary>
    /// <param name="common">The variable's value.</param>
    /// <param name="program">Which of them.</param>
    public static string FileOf(string common, string program) => $"{common}.{program}";

    /// <summary>Of the app and the host it runs under; in Azure both are billed as one instance.</summary>
    public static ProcessUse ReadBoth(string common)
    {
        var (host, worker) = (Read(FileOf(common, Host))!, Read(FileOf(common, Worker))!);
        return new(
            host.AllocatedBytes + worker.AllocatedBytes, host.CpuSeconds + worker.CpuSeconds,
            worker.Counted! with
            {
                Requests = Sum(host.Counted!.Requests, worker.Counted.Requests),
                SentBytes = Sum(host.Counted.SentBytes, worker.Counted.SentBytes),
            });
    }

    private static Dictionary<string, long> Sum(Dictionary<string, long> one, Dictionary<string, long> other) =>
        one.Concat(other).GroupBy(entry => entry.Key).ToDictionary(group => group.Key, group => group.Sum(entry => entry.Value));

    public static ProcessUse? Read(string file) => File.Exists(file) ? JsonSerializer.Deserialize<ProcessUse>(File.ReadAllText(file)) : null;
}

/// <param name="Requests">Requests it sent: <c>PORT METHOD WHAT</c>.</param>
/// <param name="SentBytes">Of their bodies.</param>
/// <param name="Runs">Invocations by function.</param>
/// <param name="BusySeconds">Their durations, added up.</param>
/// <param name="BilledSeconds">By scale group, as Flex bills one instance.</param>
/// <param name="Spans">Of the app's own sources.</param>
internal sealed record CountedUse(
    Dictionary<string, long> Requests, Dictionary<string, long> SentBytes, Dictionary<string, long> Runs, Dictionary<string, double> BusySeconds,
    Dictionary<string, double> BilledSeconds, long Spans);
