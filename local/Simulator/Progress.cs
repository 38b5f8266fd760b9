namespace IoTBackend.Simulator;

/// <summary>One line that is kept up to date on a terminal; elsewhere a line every ten seconds.</summary>
internal static class Progress
{
    public static async Task ShowAsync(FleetCounters counters, TimeProvider time, CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromSeconds(Console.IsOutputRedirected ? 10 : 1);
        var before = 0L;
        while (true)
        {
            await Task.Delay(pause, time, cancellationToken);
            var (sent, failed, updated) = counters.Totals;
            var (median, p99) = counters.TakeLatencies();
            var line = $"sent {sent:N0} ({(sent - before) / pause.TotalSeconds:N0}/s)  not taken {failed:N0}  updated {updated:N0}  acknowledged in {median:0.0} ms (99 %: {p99:0.0} ms)";
            Console.Write(Console.IsOutputRedirected ? line + "\n" : $"\r\x1b[K{line}");
            before = sent;
        }
    }
}
