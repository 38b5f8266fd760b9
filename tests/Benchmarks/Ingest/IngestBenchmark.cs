using System.Globalization;

namespace IoTBackend.Benchmarks.Ingest;

/// <summary>Devices' requests, each answered after the hub's fsync, beside two yardsticks in the same run.</summary>
internal static class IngestBenchmark
{
    public const string Help = """
        scripts/bench ingest [--connections N] [--seconds N] [--turns N]

          --connections N   keep-alive connections, each one device with one request under way; 256 by default
          --seconds N       length of a turn; 2 by default
          --turns N         turns of each; 5 by default

        "bare" is Kestrel alone: it reads the body and answers. "hop" is a plain YARP hop to it: the least that a request costs
        which a host hands to a worker. "durable" answers when the hub has acknowledged the body, and does nothing else. "empty function"
        is one on Microsoft's worker behind the same host that reads the body and answers: what any function costs. "ingest" is host and worker with their HTTP triggers alone, as an
        HTTP instance of Flex Consumption runs them; "whole stack" processes, stores and archives the same readings meanwhile.
        They take turns, as the machine is not the same from minute to minute, and host and worker stand still in the others'
        turns; the ratios are to the turns of "bare" and "hop" just before, and of the second the median is shown with the least
        and the greatest.
        """;

    /// <summary>What Flex Consumption scales on instances of their own, so that an HTTP instance does none of it.</summary>
    private static readonly string[] ScaledApart = ["ProcessTelemetry", "SweepSilences"];

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        var connections = options.Number("--connections", 256);
        var turns = options.Number("--turns", 5);
        var length = options.Seconds("--seconds", 2);
        var notes = new List<string>();
        var apart = ScaledApart.ToDictionary(function => $"AzureWebJobs__{function}__Disabled", _ => "true");
        using var bare = await Yardstick.StartAsync(hubConnection: null);
        using var hop = await Yardstick.HopAsync(bare);
        Console.WriteLine($"{"",-30} {"requests/s",10} {"readings/s",10} {"to bare",7} {"to hop",6} {"of turns",9} {"p50 ms",7} {"p99 ms",7} {"refused",7} {"alloc B",8}  CPU us a request");
        foreach (var (name, settings) in new[] { ("ingest", apart), ("whole stack", []) })
        {
            Console.Error.WriteLine($"{name}: starting");
            await using var stack = await StackUnderLoad.StartAsync(connections, settings);
            using var durable = await Yardstick.StartAsync(stack.HubConnection);
            using var empty = await EmptyFunction.StartAsync(stack.Programs);
            Contender[] contenders =
            [
                new("bare", bare.Port, () => new Dictionary<string, ProcessCost> { ["server"] = bare.Cost() }),
                new("hop", hop.Port, () => new Dictionary<string, ProcessCost> { ["hop"] = hop.Cost(), ["server"] = bare.Cost() }),
                new("durable", durable.Port, () => new Dictionary<string, ProcessCost> { ["server"] = durable.Cost(), ["hub"] = stack.Costs()["hub"] }),
                new("empty function", empty.Port, empty.Costs),
                new(name, stack.Port, stack.Costs),
            ];
            // What "durable" appends would be processed by the whole stack, in another one's turn.
            if (settings.Count == 0)
                contenders = [contenders[0], contenders[1], contenders[^1]];
            foreach (var readings in new[] { 1, 100 })
            {
                Console.Error.WriteLine($"{name}: measuring {readings} per request");
                foreach (var row in await MeasureAsync(contenders, stack, readings, turns, length))
                    Console.WriteLine(row);
            }

            var costs = stack.Costs();
            notes.Add(string.Create(CultureInfo.InvariantCulture,
                $"{name}: ready {stack.ColdStart.TotalSeconds:N1} s after the start of the host; resident after the load: host {costs["host"].ResidentBytes >> 20} MB, worker {costs["worker"].ResidentBytes >> 20} MB"));
        }

        notes.ForEach(Console.WriteLine);
        Console.WriteLine($"{connections} connections, {turns} turns of {length.TotalSeconds} s each; allocations are of host and worker together, per request");
        return 0;
    }

    private static async Task<IEnumerable<string>> MeasureAsync(Contender[] contenders, StackUnderLoad stack, int readings, int turns, TimeSpan length)
    {
        var requests = stack.Requests(readings);
        foreach (var contender in contenders)
            await HttpLoad.RunAsync(contender.Port, requests, TimeSpan.FromSeconds(10));
        var results = contenders.ToDictionary(contender => contender, _ => new List<Turn>());
        for (var turn = 0; turn < turns; turn++)
        {
            foreach (var contender in contenders)
            {
                if (contender.Port != stack.Port)
                    await stack.SignalAsync("-STOP");
                var before = contender.Costs();
                var result = await HttpLoad.RunAsync(contender.Port, requests, length);
                await stack.SignalAsync("-CONT");
                results[contender].Add(new(result, contender.Costs().ToDictionary(after => after.Key, after => after.Value - before[after.Key])));
            }
        }

        return contenders.Select(contender => Row($"{contender.Name}, {readings} a request", results[contender], results[contenders[0]], results[contenders[1]], readings));
    }

    private static string Row(string name, IReadOnlyList<Turn> turns, IReadOnlyList<Turn> bare, IReadOnlyList<Turn> hop, int readings)
    {
        var result = turns.Select(turn => turn.Result).Aggregate((sum, turn) => sum.Add(turn));
        var requests = Math.Max(1, result.Requests + result.Refused);
        double[] toBare = Ratios(turns, bare);
        double[] toHop = Ratios(turns, hop);
        var allocated = turns.Sum(turn => turn.Costs.Values.Sum(cost => cost.AllocatedBytes));
        var cpu = turns[0].Costs.Keys.Select(program => $"{program} {turns.Sum(turn => turn.Costs[program].Cpu.TotalMicroseconds) / requests:N0}");
        return string.Create(CultureInfo.InvariantCulture,
            $"{name,-30} {result.PerSecond,10:N0} {result.PerSecond * readings,10:N0} {toBare[toBare.Length / 2],7:N2} {toHop[toHop.Length / 2],6:N2} {$"{toHop[0]:N2}-{toHop[^1]:N2}",9} {result.Milliseconds(0.5),7:N2} {result.Milliseconds(0.99),7:N2} {result.Refused,7} {(allocated > 0 ? $"{allocated / requests:N0}" : "-"),8}  {string.Join(", ", cpu)}");
    }

    private static double[] Ratios(IReadOnlyList<Turn> turns, IReadOnlyList<Turn> yardstick) =>
        [.. turns.Zip(yardstick, (ours, other) => ours.Result.PerSecond / other.Result.PerSecond).Order()];

    private sealed record Contender(string Name, int Port, Func<IReadOnlyDictionary<string, ProcessCost>> Costs);

    private sealed record Turn(LoadResult Result, IReadOnlyDictionary<string, ProcessCost> Costs);
}
