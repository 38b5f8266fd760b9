using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using EndToEnd.Tests.Devices;
using IoTBackend.Simulator;
using IoTBackend.Stack;
using IoTBackend.Stack.Demo;

namespace IoTBackend.Benchmarks.Loop;

/// <summary>From <c>skopeo copy</c> to the device's own telemetry naming the image, which a container runs: the whole loop, on real agents and a real engine.</summary>
internal static class LoopBenchmark
{
    private const string Staging = "staging/agent";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    public const string Help = """
        scripts/bench loop [--agents N] [--engines N] [--rounds N] [--native FILE]

          --agents N     devices; 20 by default
          --engines N    container engines they are spread over; as many as devices by default, as in the field
          --rounds N     images pushed, one after the other; 5 by default
          --native FILE  the agent as it was published for this machine; the one of this build, which is larger and slower, by default
        """;

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        var (agents, rounds) = (options.Number("--agents", 20), options.Number("--rounds", 5));
        var engines = options.Number("--engines", agents);
        var program = options.Text("--native", "") is { Length: > 0 } file ? Path.GetFullPath(file) : null;
        var state = Directory.CreateTempSubdirectory("iot-bench-").FullName;
        try
        {
            var secrets = StackSecrets.Open(state);
            var layout = StackLayout.OfThisBuild(state);
            Console.Error.WriteLine("starting the stack");
            await using var stack = new LocalStack(layout, StackPorts.Free(), secrets, new Dictionary<string, string>(), TimeProvider.System, Console.Error.WriteLine);
            await stack.StartAsync(CancellationToken.None);
            using var http = new HttpClient { BaseAddress = stack.Programs.Api };
            var api = new BackendApi(http, secrets.OperatorKey, TimeProvider.System);
            await LocalRegistry.ConfigureAsync(stack, api, CancellationToken.None);
            await using var front = TlsFront.Start(stack.Ports.Functions);
            var ca = Path.Combine(state, "front.pem");
            await File.WriteAllTextAsync(ca, front?.Pem);
            await using var fleet = new DemoAgents(
                stack, layout, api, TimeProvider.System, Console.Error.WriteLine, program, front is null ? null : (new Uri($"https://{front.Host}"), ca), engines);
            if (fleet.WhyNot() is { } why)
            {
                Console.Error.WriteLine($"not here: {why}");
                return 1;
            }

            await fleet.StartAsync(agents, CancellationToken.None);
            var registry = stack.Programs.RegistryHost;
            await using var floor = new EngineFloor([.. fleet.EngineSockets], agents, async tag =>
                $"{registry}/{Staging}@{await RunAsync(Path.Combine(layout.Root, "scripts", "push-image"), "--registry", registry, "--repository", Staging, "--tag", tag)}");
            // The first image of all warms everybody up.
            await RoundAsync(api, registry, layout.Root, fleet, agents, 0, new());
            await floor.ReplaceAsync("0.0.0");
            var (seen, alone, steps) = (new List<double>(), new List<double>(), new LoopSteps());
            for (var round = 1; round <= rounds; round++)
            {
                seen.AddRange(await RoundAsync(api, registry, layout.Root, fleet, agents, round, steps));
                // In turn, so that both have the same of whatever else the machine does.
                alone.AddRange(await floor.ReplaceAsync($"0.0.{round}"));
            }

            Print(seen, agents, engines, rounds, fleet, program, front is null ? "http" : "TLS");
            steps.Print();
            PrintFloor(seen, alone);
            return seen.Count == agents * rounds ? 0 : 1;
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    /// <summary>Seconds from the start of the copy until each device was seen to run it; fewer than devices = some were not.</summary>
    private static async Task<List<double>> RoundAsync(BackendApi api, string registry, string root, DemoAgents fleet, int agents, int round, LoopSteps steps)
    {
        var tag = $"1.0.{round}";
        var digest = await RunAsync(Path.Combine(root, "scripts", "push-image"), "--registry", registry, "--repository", Staging, "--tag", tag);
        var waiting = Enumerable.Range(0, agents).Select(DemoAgents.Id).ToHashSet(StringComparer.Ordinal);
        var (seen, told) = (new List<double>(), new HashSet<string>(StringComparer.Ordinal));
        var (started, startedAt) = (Stopwatch.GetTimestamp(), DateTimeOffset.UtcNow);
        await RunAsync("skopeo", "--insecure-policy", "copy", "--all", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false",
            $"docker://{registry}/{Staging}:{tag}", $"docker://{registry}/{DemoAgents.Repository}:{tag}");
        steps.Add("copied", Stopwatch.GetElapsedTime(started));
        while (waiting.Count > 0 && Stopwatch.GetElapsedTime(started) < Patience)
        {
            if (told.Count < agents)
                await steps.AddToldAsync(api, digest, startedAt, told);
            var list = await api.OperateAsync(HttpMethod.Get, $"fleet/devices?filter=model:{DemoAgents.Model}&top=100", null, CancellationToken.None);
            var now = Stopwatch.GetElapsedTime(started);
            foreach (var device in list?["devices"] as JsonArray ?? [])
            {
                if ((string?)device?["images"]?[DemoAgents.Track] != digest || (string?)device?["deviceId"] is not { } id || !waiting.Remove(id))
                    continue;
                seen.Add(now.TotalSeconds);
                steps.Add("listed", now);
            }

            await Task.Delay(Look);
        }

        await steps.AddReleaseAsync(api, digest, startedAt);
        await steps.AddEnginesAsync(fleet.EngineSockets, digest, startedAt);
        Console.Error.WriteLine($"{tag}: {seen.Count} of {agents}, the last after {(seen.Count == 0 ? double.NaN : seen.Max()):0.0} s");
        return seen;
    }

    private static void PrintFloor(List<double> seen, List<double> floor) => Console.WriteLine($"""

          the engines alone: pull, create, stop, start of as many containers
            p50        {LoopSteps.At(floor, 0.5):0.0} s   the loop takes {LoopSteps.At(seen, 0.5) / LoopSteps.At(floor, 0.5):0.0} times as long
            p99        {LoopSteps.At(floor, 0.99):0.0} s   {LoopSteps.At(seen, 0.99) / LoopSteps.At(floor, 0.99):0.0} times
        """);

    private static void Print(List<double> seen, int agents, int engines, int rounds, DemoAgents fleet, string? program, string over)
    {
        var resident = fleet.ProcessIds.Select(id => Status(id, "VmRSS:") / 1000.0).ToList();
        Console.WriteLine($"""

            skopeo copy to observed running, {agents} agents on {engines} engines, {rounds} images, over {over}
              p50        {LoopSteps.At(seen, 0.5):0.0} s
              p99        {LoopSteps.At(seen, 0.99):0.0} s   (goal: below 15 s)
              missing    {agents * rounds - seen.Count}
              resident   {resident.Average():0.0} MB, at most {resident.Max():0.0} MB, of them its own {fleet.ProcessIds.Max(id => Status(id, "RssAnon:")) / 1000.0:0.0} MB; {fleet.ProcessIds.Max(id => Status(id, "VmHWM:")) / 1000.0:0.0} MB for a moment
              program    {(program is null ? "not compiled natively" : $"{new FileInfo(program).Length / 1_000_000.0:0.00} MB")}
            """);
    }

    /// <summary>Kilobytes of 1,024 (proc(5)), as 1,000.</summary>
    private static double Status(int process, string name) => 1.024 * int.Parse(
        File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(),
        CultureInfo.InvariantCulture);

    private static async Task<string> RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException(await errors);
    }
}
