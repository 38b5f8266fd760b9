using IoTBackend.Simulator;

namespace IoTBackend.Benchmarks.Latency;

/// <summary>The most that waited at each of the two places where an alert can wait: looked at every two seconds, as looking costs something.</summary>
/// <param name="Events">In the hub, of all partitions.</param>
/// <param name="Alerts">In the queues.</param>
internal sealed record WaitingWork(long Events, long Alerts)
{
    public static async Task<WaitingWork> WatchAsync(BackendApi api, Task until)
    {
        var most = new WaitingWork(0, 0);
        while (!until.IsCompleted)
        {
            var status = await api.OperateAsync(HttpMethod.Get, "status", null, CancellationToken.None);
            most = new(
                Math.Max(most.Events, status!["partitions"]!.AsArray().Sum(partition => (long)partition!["lag"]!)),
                Math.Max(most.Alerts, status["queues"]!.AsObject().Sum(queue => (long)queue.Value!)));
            await Task.WhenAny(until, Task.Delay(TimeSpan.FromSeconds(2)));
        }

        return most;
    }
}
