using IoTBackend.Simulator;
using IoTBackend.Stack;

namespace IoTBackend.Benchmarks.Ingest;

/// <summary>The stack in a folder of its own with some devices, and what each of its programs uses.</summary>
internal sealed class StackUnderLoad : IAsyncDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("iot-bench-").FullName;
    private readonly HttpClient _http = new();
    private LocalStack? _stack;
    private DeviceCredential[] _devices = [];

    private StackUnderLoad()
    {
    }

    public int Port => Stack.Ports.Functions;

    /// <summary>From the start of the host's process until it answered, storage and hub being there.</summary>
    public TimeSpan ColdStart { get; private set; }

    public string HubConnection => Programs.HubConnection;

    public StackPrograms Programs => Stack.Programs;

    private LocalStack Stack => _stack ?? throw new InvalidOperationException("Not started.");

    private string UseFile => Path.Combine(_state, "use.json");

    public static async Task<StackUnderLoad> StartAsync(int devices, IReadOnlyDictionary<string, string> settings)
    {
        var started = new StackUnderLoad();
        try
        {
            await started.OpenAsync(devices, settings);
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>For each device the one request it sends again and again.</summary>
    public IReadOnlyList<byte[][]> Requests(int readings)
    {
        var expiry = TimeProvider.System.GetUtcNow().AddHours(1);
        return [.. _devices.Select(device => new[]
        {
            HttpLoad.Request(device.DeviceId, DeviceToken.Sign(device.DeviceId, device.Key, expiry), Body(readings)),
        })];
    }

    public IReadOnlyDictionary<string, ProcessCost> Costs() => new Dictionary<string, ProcessCost>
    {
        ["host"] = ProcessCost.Of(Stack.ProcessIdOf("functions"), ProcessUse.FileOf(UseFile, ProcessUse.Host)),
        ["worker"] = ProcessCost.Of(Stack.ProcessIdOf("worker"), ProcessUse.FileOf(UseFile, ProcessUse.Worker)),
        ["hub"] = ProcessCost.Of(Stack.ProcessIdOf("hub")),
        ["storage"] = ProcessCost.Of(Stack.ProcessIdOf("azurite")),
    };

    /// <summary>To host and worker; the supervisor and the hub bear that they stand still for some seconds.</summary>
    public async Task SignalAsync(string signal)
    {
        foreach (var program in (string[])["functions", "worker"])
            await ProcessCost.SignalAsync(signal, Stack.ProcessIdOf(program));
    }

    public async ValueTask DisposeAsync()
    {
        if (_stack is not null)
            await _stack.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_state, recursive: true);
    }

    private async Task OpenAsync(int devices, IReadOnlyDictionary<string, string> settings)
    {
        var secrets = StackSecrets.Open(_state);
        var all = new Dictionary<string, string>(settings)
        {
            ["DOTNET_STARTUP_HOOKS"] = typeof(StackUnderLoad).Assembly.Location,
            [ProcessUse.FileVariable] = UseFile,
            // Each of the few devices here sends as much as hundreds would.
            ["Ingest__ReadingsPerSecond"] = "0",
        };
        _stack = new(StackLayout.OfThisBuild(_state), StackPorts.Free(), secrets, all, TimeProvider.System, Console.Error.WriteLine);
        await _stack.StartAsync(CancellationToken.None);
        ColdStart = _stack.FunctionsStart;
        _http.BaseAddress = _stack.Programs.Api;
        var api = new BackendApi(_http, secrets.OperatorKey, TimeProvider.System);
        _devices = await Task.WhenAll(Enumerable.Range(0, devices)
            .Select(i => api.RegisterAsync($"bench-{i:D4}", new { reportingInterval = "PT1M" }, null, CancellationToken.None)));
    }

    private static string Body(int readings)
    {
        const string Reading = """{"seq":41,"battery":{"percent":81.5,"voltage":3.92},"link":{"rssi":-71,"snr":9.5,"gateway":"gw-7"},"metrics":{"temperature":21.4}}""";
        return readings == 1 ? Reading : "[" + string.Join(',', Enumerable.Repeat(Reading, readings)) + "]";
    }
}
