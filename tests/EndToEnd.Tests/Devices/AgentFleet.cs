using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using IoTBackend.Stack;
using IoTBackend.Stack.Demo;

namespace EndToEnd.Tests.Devices;

/// <summary>Agents on a container engine, enrolled with a claim through TLS while a track with a rule for signatures already stood.</summary>
public sealed class AgentFleet(TestStack stack) : IAsyncLifetime
{
    internal const int Devices = 2;

    private TlsFront? _front;
    private DemoAgents _agents = null!;

    internal SignedTrack Signed { get; } = new(stack);

    /// <summary>Null = they run here.</summary>
    internal string? WhyNot { get; private set; }

    internal IEnumerable<int> ProcessIds => _agents.ProcessIds;

    internal string EngineSocket => _agents.EngineSockets.First();

    /// <summary>Of a track, as the engine says: digests of what runs, one for each device.</summary>
    internal async Task<IReadOnlyList<string>> RunningAsync(string track)
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(EngineSocket), cancel);
                return new NetworkStream(connection, ownsSocket: true);
            },
        });
        var filters = Uri.EscapeDataString($$"""{"label":["io.fleet.agent.track={{track}}"],"status":["running"]}""");
        var containers = JsonNode.Parse(await http.GetStringAsync(new Uri($"http://engine/v1.41/containers/json?filters={filters}")))!.AsArray();
        return [.. containers.Select(c => ((string)c!["Labels"]!["io.fleet.agent.image"]!).Split('@')[1])];
    }

    /// <summary>As devices get it, if it was made since the last build; null = the build's own runs.</summary>
    internal static string? NativeIn(StackLayout layout)
    {
        var native = Path.Combine(layout.Root, "artifacts", "native", "publish", "Agent", $"release_linux-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}", "iot-agent");
        return File.Exists(native) && File.GetLastWriteTimeUtc(native) > File.GetLastWriteTimeUtc(layout.Program("Agent", "iot-agent")) ? native : null;
    }

    public async ValueTask InitializeAsync()
    {
        _front = TlsFront.Start(stack.Stack.Ports.Functions);
        var ca = Path.Combine(stack.Layout.State, "front.pem");
        await File.WriteAllTextAsync(ca, _front?.Pem);
        _agents = new(stack.Stack, stack.Layout, stack.Api, TimeProvider.System, _ => { }, NativeIn(stack.Layout), _front is null ? null : (new Uri($"https://{_front.Host}"), ca));
        WhyNot = _agents.WhyNot();
        if (WhyNot is not null)
            return;
        await LocalRegistry.ConfigureAsync(stack.Stack, stack.Api, CancellationToken.None);
        await Signed.FollowAsync(SignedTrack.Owner);
        await _agents.StartAsync(Devices, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (WhyNot is null)
            await _agents.RetireAsync(0, CancellationToken.None);
        await _agents.DisposeAsync();
        if (_front is not null)
            await _front.DisposeAsync();
        Signed.Dispose();
    }
}
