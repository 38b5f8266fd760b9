using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using IoTBackend.Simulator;
using IoTBackend.Stack.Children;

namespace IoTBackend.Stack.Demo;

/// <summary>
/// Devices that are none of the simulator's: the agent itself, as many times as asked for, each enrolled with a claim, on a container engine of the
/// stack's own. They run what the track <c>agents</c> makes of pushes to the repository <c>fleet/agent</c>. The devices outlive a run, containers and images do not.
/// </summary>
/// <param name="program">The agent; null = the one of this build.</param>
/// <param name="front">What ends TLS before the functions, and a file with its certificate; null = none does.</param>
/// <param name="engines">How many the agents are spread over.</param>
internal sealed class DemoAgents(
    LocalStack stack, StackLayout layout, BackendApi api, TimeProvider time, Action<string> say, string? program = null, (Uri Address, string CaFile)? front = null, int engines = 1) : IAsyncDisposable
{
    public const string Track = "agents";
    public const string Repository = "fleet/agent";
    public const string Model = "agent";

    private static readonly string[] Models = [Model];
    private static readonly int[] OneWave = [100];

    /// <summary>Of a socket's path, with its ending zero (unix(7)).</summary>
    private const int MaxSocketPath = 107;

    /// <summary>
    /// In namespaces that end with it: whatever ends the stack, no container, no mount and no file below /run is left behind. The shell waits for the
    /// processes that the engine's helpers leave to the first one.
    /// </summary>
    private static readonly string[] Alone =
    [
        "/usr/bin/unshare", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "/bin/sh", "-c", "mount -t tmpfs none /run && { \"$@\" & wait $!; }", "sh",
    ];

    private static readonly JsonSerializerOptions WithoutNulls = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly List<Supervised> _agents = [];
    private readonly List<Supervised> _engines = [];

    public static string Id(int index) => $"agent-{index + 1:00}";

    public IEnumerable<int> ProcessIds => _agents.Select(agent => agent.ProcessId);

    private string Agents => Path.Combine(layout.State, "agents");

    public IEnumerable<string> EngineSockets => Enumerable.Range(0, engines).Select(SocketOf);

    private string EngineFolder(int index) => Path.Combine(layout.State, index == 0 ? "engine" : $"engine-{index + 1}");

    private string SocketOf(int index) => EngineCommand.SocketIn(EngineFolder(index));

    /// <summary>Null = they can be started here.</summary>
    public string? WhyNot() => !stack.HasRegistry ? "there is no local registry to pull from"
        : SocketOf(engines - 1) is { Length: > MaxSocketPath } path ? $"{path} is too long for the engine's socket: move the repository"
        : !File.Exists(Alone[0]) ? "unshare is not installed (apt-get install util-linux)"
        : EngineCommand.Installed.Any() ? null
        : EngineCommand.WhyNot("docker");

    /// <summary>Those of an earlier, larger run: nobody plays them, and their silence would be an alert.</summary>
    public async Task RetireAsync(int agents, CancellationToken cancellationToken)
    {
        var played = Enumerable.Range(0, agents).Select(Id).ToHashSet(StringComparer.Ordinal);
        foreach (var folder in Directory.Exists(Agents) ? Directory.GetDirectories(Agents) : [])
        {
            var id = Path.GetFileName(folder);
            try
            {
                await api.OperateAsync(HttpMethod.Post, $"fleet/devices/{id}/{(played.Contains(id) ? "enable" : "disable")}", null, cancellationToken);
            }
            catch (HttpRequestException gone) when (gone.StatusCode == HttpStatusCode.NotFound)
            {
                // Removed by an operator, or never enrolled.
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    public async Task StartAsync(int agents, CancellationToken cancellationToken)
    {
        for (var i = 0; i < engines; i++)
            await StartEngineAsync(EngineCommand.Installed.First(), i, cancellationToken);
        await api.OperateAsync(HttpMethod.Put, $"fleet/models/{Model}", new { platform = Platform, reportingInterval = "PT5S" }, cancellationToken);
        await api.OperateAsync(HttpMethod.Put, $"tracks/{Track}", new
        {
            registry = stack.Programs.RegistryHost,
            repository = Repository,
            targets = new { models = Models },
            rollout = new { waves = OneWave, soak = "PT20S" },
        }, cancellationToken);
        await EnrolAsync([.. Enumerable.Range(0, agents).Select(Id).Where(id => !File.Exists(Key(id)))], cancellationToken);
        for (var i = 0; i < agents; i++)
            _agents.Add(new(Agent(Id(i), SocketOf(i % engines)), layout.Logs, time, say));
        await Task.WhenAll(_agents.Select(agent => agent.StartAsync(cancellationToken)));
        say($"{agents} agents run what is pushed to {Repository}, on {(engines == 1 ? "the engine" : $"{engines} engines, the first of which is")} unix://{SocketOf(0)}: scripts/push-image --registry {stack.Programs.RegistryHost} --repository {Repository} --tag 1.0.0");
    }

    private static string Platform => RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux/arm64" : "linux/amd64";

    private string Folder(string id) => Path.Combine(Agents, id);

    private string Key(string id) => Path.Combine(Folder(id), "key");

    private string Claim(string id) => Path.Combine(Folder(id), "claim");

    private Task StartEngineAsync(string kind, int index, CancellationToken cancellationToken)
    {
        var folder = EngineFolder(index);
        // What a stack that was killed has left; its mounts went with its namespace.
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        var command = EngineCommand.Of(kind, folder, stack.Programs.RegistryHost);
        _engines.Add(new(
            new(Path.GetFileName(folder), [.. Alone, .. command.Arguments], command.Environment, cancel => AcceptsAsync(SocketOf(index), cancel), TimeSpan.FromSeconds(10)), layout.Logs, time, say));
        return _engines[^1].StartAsync(cancellationToken);
    }

    private static async Task<bool> AcceptsAsync(string socket, CancellationToken cancellationToken)
    {
        try
        {
            using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task EnrolAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
            return;
        var claim = await api.OperateAsync(HttpMethod.Post, "fleet/claims", new { model = Model, platform = Platform, uses = ids.Count, idPrefix = "agent-" }, cancellationToken);
        foreach (var id in ids)
            PrivateFile.Write(Claim(id), (string?)claim?["token"] ?? throw new JsonException("A claim came without a token."));
    }

    private ChildProgram Agent(string id, string engine)
    {
        var configuration = Path.Combine(Folder(id), "config.json");
        PrivateFile.Write(configuration, JsonSerializer.Serialize(new
        {
            server = (front?.Address ?? stack.Programs.Api).GetLeftPart(UriPartial.Authority),
            caFile = front?.CaFile,
            deviceId = id,
            keyFile = Key(id),
            claimFile = Claim(id),
            stateDirectory = Folder(id),
            engine,
            registries = new[] { stack.Programs.RegistryHost },
            telemetry = new { every = "PT5S" },
            workloads = new Dictionary<string, object> { ["*"] = new { settle = "PT1S", stopWithin = "PT2S", options = new { network = "none" } } },
        }, WithoutNulls));
        string[] command = program is null ? ["dotnet", layout.Program("Agent", "iot-agent")] : [program];
        return new(id, [.. command, "--config", configuration], new Dictionary<string, string>(), _ => Task.FromResult(File.Exists(Key(id))), TimeSpan.FromSeconds(5));
    }

    /// <summary>The agents before their engines.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_agents.Select(agent => agent.DisposeAsync().AsTask()));
        await Task.WhenAll(_engines.Select(EndAsync));
        for (var i = 0; i < _engines.Count; i++)
        {
            try
            {
                Directory.Delete(EngineFolder(i), recursive: true);
            }
            catch (IOException)
            {
                // The next start tries again.
            }
        }
    }

    private static async Task EndAsync(Supervised engine)
    {
        var ended = engine.DisposeAsync();
        // unshare passes no signal on. It ends after the first process of its namespace, which ends after all the others.
        if (ProcessTree.ChildOf(engine.ProcessId) is > 0 and var first)
        {
            using var process = Process.GetProcessById(first);
            process.Kill();
        }

        await ended;
    }
}
