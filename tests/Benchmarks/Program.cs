using IoTBackend.Benchmarks;
using IoTBackend.Benchmarks.Alerts;
using IoTBackend.Benchmarks.Consoles;
using IoTBackend.Benchmarks.Costs;
using IoTBackend.Benchmarks.Detect;
using IoTBackend.Benchmarks.Gates;
using IoTBackend.Benchmarks.Hub;
using IoTBackend.Benchmarks.Ingest;
using IoTBackend.Benchmarks.Latency;
using IoTBackend.Benchmarks.Loop;
using IoTBackend.Benchmarks.Processing;
using IoTBackend.Benchmarks.Releases;
using IoTBackend.Benchmarks.Rollouts;

return args switch
{
    ["hub", .. var options] => await BenchmarkOptions.RunAsync(options, HubBenchmark.Help, HubBenchmark.RunAsync),
    ["ingest", .. var options] => await BenchmarkOptions.RunAsync(options, IngestBenchmark.Help, IngestBenchmark.RunAsync),
    ["alerts", .. var options] => await BenchmarkOptions.RunAsync(options, AlertBenchmark.Help, AlertBenchmark.RunAsync),
    ["gates", .. var options] => await BenchmarkOptions.RunAsync(options, GateBenchmark.Help, GateBenchmark.RunAsync),
    ["latency", .. var options] => await BenchmarkOptions.RunAsync(options, LatencyBenchmark.Help, LatencyBenchmark.RunAsync),
    ["process", .. var options] => await BenchmarkOptions.RunAsync(options, ProcessBenchmark.Help, ProcessBenchmark.RunAsync),
    ["detect", .. var options] => await BenchmarkOptions.RunAsync(options, DetectBenchmark.Help, given => Task.FromResult(DetectBenchmark.Run(given))),
    ["console", .. var options] => await BenchmarkOptions.RunAsync(options, ConsoleBenchmark.Help, ConsoleBenchmark.RunAsync),
    ["loop", .. var options] => await BenchmarkOptions.RunAsync(options, LoopBenchmark.Help, LoopBenchmark.RunAsync),
    ["rollouts-calibration", .. var options] => await BenchmarkOptions.RunAsync(options, RolloutCalibration.Help, given => Task.FromResult(RolloutCalibration.Run(given))),
    ["cost", .. var options] => await BenchmarkOptions.RunAsync(options, CostMeasurement.Help, CostMeasurement.RunAsync),
    ["release", .. var options] => await BenchmarkOptions.RunAsync(options, ReleaseBenchmark.Help, ReleaseBenchmark.RunAsync),
    ["memory-tables", var port] => await MemoryTables.RunAsync(int.Parse(port, null)),
    ["yardstick", var port] => await YardstickEndpoint.RunAsync(int.Parse(port, null)),
    ["yardstick-hop", var port, var target] => await YardstickHop.RunAsync(int.Parse(port, null), int.Parse(target, null)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Run it through scripts/bench; scripts/bench --help names the benchmarks.");
    return 2;
}
