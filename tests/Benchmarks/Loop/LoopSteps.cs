using System.Text.Json.Nodes;
using IoTBackend.Simulator;
using IoTBackend.Stack.Demo;

namespace IoTBackend.Benchmarks.Loop;

/// <summary>Where the time of a round goes: for each step, how long after the start of the copy each device had it behind it.</summary>
internal sealed class LoopSteps
{
    private static readonly string[] Names = ["copied", "seen by the backend", "let out", "told", "pulled", "new container made", "old one ended", "new one runs", "listed"];

    private readonly Dictionary<string, List<double>> _seconds = Names.ToDictionary(name => name, _ => new List<double>());

    public void Add(string step, TimeSpan after) => _seconds[step].Add(after.TotalSeconds);

    public static string ReleaseOf(string digest) => $"{DemoAgents.Track}-{digest["sha256:".Length..][..32]}";

    public async Task AddReleaseAsync(BackendApi api, string digest, DateTimeOffset started)
    {
        var release = await api.OperateAsync(HttpMethod.Get, $"releases/{ReleaseOf(digest)}", null, CancellationToken.None);
        foreach (var (step, name) in new[] { ("seen by the backend", "firstSeenAt"), ("let out", "activatedAt") })
        {
            if ((DateTimeOffset?)release?[name] is { } at)
                Add(step, at - started);
        }
    }

    /// <summary>Devices that were told and not yet seen to run it, whose time is then their telling's.</summary>
    /// <param name="told">Those known already, and afterwards these too.</param>
    public async Task AddToldAsync(BackendApi api, string digest, DateTimeOffset started, HashSet<string> told)
    {
        JsonNode? list;
        try
        {
            list = await api.OperateAsync(HttpMethod.Get, $"releases/{ReleaseOf(digest)}/devices", null, CancellationToken.None);
        }
        catch (HttpRequestException gone) when (gone.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return;
        }

        foreach (var device in list?["devices"] as JsonArray ?? [])
        {
            if ((string?)device?["state"] is not (null or "waiting" or "observed" or "running") && (DateTimeOffset?)device!["at"] is { } at && told.Add((string)device["deviceId"]!))
                Add("told", at - started);
        }
    }

    public async Task AddEnginesAsync(IEnumerable<string> sockets, string digest, DateTimeOffset started)
    {
        foreach (var socket in sockets)
        {
            foreach (var said in await EngineEvents.ReadAsync(socket, started, DateTimeOffset.UtcNow))
            {
                var isNew = said.Image.EndsWith(digest, StringComparison.Ordinal);
                if ((said.Action, isNew) switch { ("pull", true) => "pulled", ("create", true) => "new container made", ("start", true) => "new one runs", ("die", false) => "old one ended", _ => null } is { } step)
                    Add(step, said.At - started);
            }
        }
    }

    public void Print()
    {
        Console.WriteLine("\n  seconds after the start of the copy    p50     p99");
        foreach (var name in Names)
            Console.WriteLine($"    {name,-34} {At(_seconds[name], 0.5),6:0.0}  {At(_seconds[name], 0.99),6:0.0}");
    }

    public static double At(IEnumerable<double> seconds, double quantile)
    {
        var sorted = seconds.Order().ToList();
        return sorted.Count == 0 ? double.NaN : sorted[(int)Math.Ceiling(quantile * (sorted.Count - 1))];
    }
}
