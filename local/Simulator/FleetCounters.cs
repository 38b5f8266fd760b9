using System.Collections.Concurrent;

namespace IoTBackend.Simulator;

/// <summary>What the fleet has done so far.</summary>
internal sealed class FleetCounters
{
    private ConcurrentQueue<TimeSpan> latencies = new();
    private long sent;
    private long failed;
    private long updated;

    public (long Sent, long Failed, long Updated) Totals => (Volatile.Read(ref sent), Volatile.Read(ref failed), Volatile.Read(ref updated));

    public void Sent(TimeSpan latency)
    {
        Interlocked.Increment(ref sent);
        latencies.Enqueue(latency);
    }

    public void Failed() => Interlocked.Increment(ref failed);

    public void Updated() => Interlocked.Increment(ref updated);

    /// <summary>Median and 99th percentile of the time to the acknowledgement since the last call, in milliseconds.</summary>
    public (double Median, double P99) TakeLatencies()
    {
        var taken = Interlocked.Exchange(ref latencies, new()).Select(latency => latency.TotalMilliseconds).Order().ToArray();
        return taken.Length == 0 ? (0, 0) : (taken[taken.Length / 2], taken[taken.Length * 99 / 100]);
    }
}
