using System.Globalization;

namespace IoTBackend.Benchmarks.Hub;

/// <summary>Events per second, durable, client and broker on this machine; RabbitMQ with the same AMQP 1.0 library, and the bare disk, beside it.</summary>
internal static class HubBenchmark
{
    public const string Help = """
        scripts/bench hub [--seconds N] [--hub-only]

          --seconds N   length of each measurement; 8 by default
          --hub-only    without RabbitMQ and the disk
        """;

    public const int Partitions = 4;
    public const int BodyBytes = 256;

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        var duration = options.Seconds("--seconds", 8);
        var hubOnly = options.Has("--hub-only");
        var rows = new List<Row>();
        await using (var hub = await HubUnderTest.StartAsync())
        {
            rows.Add(await MeasureAsync(hub, "send, batches of 100, 16 under way", () => hub.SendAsync(100, 16, duration), duration));
            rows.Add(await MeasureAsync(hub, "send, single events, 50 under way", () => hub.SendAsync(1, 50, duration), duration));
            rows.Add(await MeasureAsync(hub, "send, single events, 1000 under way", () => hub.SendAsync(1, 1000, duration), duration));
            rows.Add(await MeasureAsync(hub, "receive, 4 partitions from a backlog", () => hub.ReceiveAsync(duration), duration));
            var (before, restart) = (hub.ResidentBytes, await hub.RestartAsync());
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"hub: {before / 1_000_000} MB resident with {restart.Events:N0} events stored; killed and started on them again in {restart.Start.TotalSeconds:F2} s"));
        }
        var disk = hubOnly ? default : BareDisk.Measure(duration);
        if (!hubOnly && RabbitMq.IsInstalled)
        {
            await using var rabbit = await RabbitMq.StartAsync();
            rows[0] = rows[0] with { RabbitMq = await rabbit.SendAsync(1600, duration) };
            rows[1] = rows[1] with { RabbitMq = await rabbit.SendAsync(50, duration) };
            rows[2] = rows[2] with { RabbitMq = await rabbit.SendAsync(1000, duration) };
            rows[3] = rows[3] with { RabbitMq = await rabbit.ReceiveAsync(duration) };
        }
        else if (!hubOnly)
        {
            Console.WriteLine("rabbitmq-server is not installed: its column is left out");
        }
        rows[0] = rows[0] with { Disk = disk.Batches };
        rows[1] = rows[1] with { Disk = disk.Singles };
        rows[2] = rows[2] with { Disk = disk.Singles };
        Print(rows);
        return 0;
    }

    /// <summary>Besides the rate, the processor time per event, which other work on the machine does not change.</summary>
    private static async Task<Row> MeasureAsync(HubUnderTest hub, string name, Func<Task<double>> run, TimeSpan duration)
    {
        var before = hub.ProcessorTime;
        var rate = await run();
        var after = hub.ProcessorTime;
        var events = rate * duration.TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: {rate:N0}/s; processor time per event: client {(after.Client - before.Client).TotalMicroseconds / events:F1} us, hub {(after.Hub - before.Hub).TotalMicroseconds / events:F1} us"));
        return new(name, rate);
    }

    private static void Print(List<Row> rows)
    {
        Console.WriteLine();
        Console.WriteLine($"{"256-byte events, 4 partitions, durable",-40} {"hub/s",10} {"RabbitMQ/s",11} {"ratio",7} {"append+fsync/s",15} {"ratio",7}");
        foreach (var row in rows)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{row.Name,-40} {row.Hub,10:N0} {Number(row.RabbitMq),11} {Ratio(row.Hub, row.RabbitMq),7} {Number(row.Disk),15} {Ratio(row.Hub, row.Disk),7}"));
    }

    private static string Number(double value) => value == 0 ? "-" : value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Ratio(double hub, double other) => other == 0 ? "-" : (hub / other).ToString("0.00", CultureInfo.InvariantCulture);

    private sealed record Row(string Name, double Hub, double RabbitMq = 0, double Disk = 0);
}
