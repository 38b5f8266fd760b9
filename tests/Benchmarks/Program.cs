using IoTBackend.Benchmarks.Costs;
using IoTBackend.Benchmarks.Detect;
using IoTBackend.Benchmarks.Hub;
using IoTBackend.Benchmarks.Ingest;
using IoTBackend.Benchmarks.Latency;
using IoTBackend.Benchmarks.Processing;

return args switch
{
    ["hub", .. var options] => await HubBenchmark.RunAsync(options),
    ["ingest", .. var options] => await IngestBenchmark.RunAsync(options),
    ["latency", .. var options] => await LatencyBenchmark.RunAsync(options),
    ["process", .. var options] => await ProcessBenchmark.RunAsync(options),
    ["detect", .. var options] => DetectBenchmark.Run(options),
    ["cost", .. var options] => await CostMeasurement.RunAsync(options),
    ["memory-tables", var port] => await MemoryTables.RunAsync(int.Parse(port, null)),
    ["yardstick", var port] => await YardstickEndpoint.RunAsync(int.Parse(port, null)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Run it through scripts/bench; scripts/bench --help names the benchmarks.");
    return 2;
}
