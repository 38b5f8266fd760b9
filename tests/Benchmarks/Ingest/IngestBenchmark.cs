using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using IoTBackend.Stack;

namespace IoTBackend.Benchmarks.Ingest;

/// <summary>Devices' requests, each answered after the hub's fsync, beside a bare endpoint in the same run.</summary>
internal static class IngestBenchmark
{
    private const string Help = """
        scripts/bench ingest [--connections N] [--seconds N]

          --connections N   keep-alive connections, each one device with one request under way; 256 by default
          --seconds N       length of each measurement; 10 by default

        Measured twice: "ingest" is the functions with their HTTP triggers alone, as an HTTP instance of Flex Consumption
        runs them, with the hub behind it; "whole stack" processes, stores and archives the same readings meanwhile.
        """;

    /// <summary>What Flex Consumption scales on instances of their own, so that an HTTP instance does none of it.</summary>
    private static readonly string[] ScaledApart = ["ProcessTelemetry", "ArchiveTelemetry", "SweepSilences"];

    public static async Task<int> RunAsync(string[] options)
    {
        if (options.Contains("--help"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        var connections = Option(options, "--connections", 256);
        var duration = TimeSpan.FromSeconds(Option(options, "--seconds", 10));
        var barePort = StackPorts.Free().Functions;
        using var bare = Process.Start(new ProcessStartInfo("dotnet", [typeof(IngestBenchmark).Assembly.Location, "bare-endpoint", $"{barePort}"]))!;
        try
        {
            await WaitAsync(barePort);
            var rows = new List<string>();
            var apart = ScaledApart.ToDictionary(function => $"AzureWebJobs__{function}__Disabled", _ => "true");
            foreach (var (name, settings) in new[] { ("ingest", apart), ("whole stack", []) })
            {
                Console.Error.WriteLine($"{name}: starting");
                await using var stack = await StackUnderLoad.StartAsync(connections, settings);
                foreach (var readings in new[] { 1, 100 })
                {
                    Console.Error.WriteLine($"{name}: measuring {readings} per request");
                    rows.AddRange(await MeasureAsync(name, stack, bare.Id, barePort, readings, duration));
                }
            }

            Console.WriteLine($"{"",-30} {"requests/s",10} {"readings/s",10} {"ratio",6} {"p50 ms",7} {"p99 ms",7} {"refused",7} {"alloc B",8}  CPU us a request");
            rows.ForEach(Console.WriteLine);
            Console.WriteLine($"{connections} connections, {duration.TotalSeconds} s each; allocations are of the functions' process, per request");
            return 0;
        }
        finally
        {
            bare.Kill();
        }
    }

    private static async Task<IEnumerable<string>> MeasureAsync(string name, StackUnderLoad stack, int bareId, int barePort, int readings, TimeSpan duration)
    {
        var requests = stack.Requests(readings);
        // A round to warm up; then ours between two halves of bare, as the machine is not the same from minute to minute.
        await HttpLoad.RunAsync(barePort, requests, TimeSpan.FromSeconds(3));
        await HttpLoad.RunAsync(stack.Port, requests, TimeSpan.FromSeconds(20));
        await stack.SettleAsync();
        var bareBefore = ProcessCost.Of(bareId);
        var bareFirst = await HttpLoad.RunAsync(barePort, requests, duration / 2);
        var before = stack.Costs();
        var result = await HttpLoad.RunAsync(stack.Port, requests, duration);
        var after = stack.Costs();
        await stack.SettleAsync();
        var bareResult = bareFirst.Add(await HttpLoad.RunAsync(barePort, requests, duration / 2));
        var bareCpu = ProcessCost.Of(bareId).Cpu - bareBefore.Cpu;
        return
        [
            Row($"bare endpoint, {readings} a request", bareResult, bareResult, readings, null, [("server", bareCpu)]),
            Row($"{name}, {readings} a request", result, bareResult, readings, after["functions"].AllocatedBytes - before["functions"].AllocatedBytes,
                after.Select(a => (a.Key, a.Value.Cpu - before[a.Key].Cpu))),
        ];
    }

    private static string Row(string name, LoadResult result, LoadResult bare, int readings, long? allocated, IEnumerable<(string Program, TimeSpan Cpu)> cpu)
    {
        var requests = Math.Max(1, result.Requests + result.Refused);
        return string.Create(CultureInfo.InvariantCulture,
            $"{name,-30} {result.PerSecond,10:N0} {result.PerSecond * readings,10:N0} {result.PerSecond / bare.PerSecond,6:N2} {result.Milliseconds(0.5),7:N2} {result.Milliseconds(0.99),7:N2} {result.Refused,7} {(allocated is { } bytes ? $"{bytes / requests:N0}" : "-"),8}  {string.Join(", ", cpu.Select(c => $"{c.Program} {c.Cpu.TotalMicroseconds / requests:N0}"))}");
    }

    private static async Task WaitAsync(int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (attempt < 100)
            {
                await Task.Delay(100);
            }
        }
    }

    private static int Option(string[] options, string name, int otherwise) =>
        Array.IndexOf(options, name) is var at and >= 0 && at + 1 < options.Length ? int.Parse(options[at + 1], CultureInfo.InvariantCulture) : otherwise;
}
