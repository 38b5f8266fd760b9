using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Producer;
using IoTBackend.EventHubEmulator;
using IoTBackend.EventHubEmulator.Configuration;

namespace EventHubEmulator.Tests;

/// <summary>An emulator in this process, on free ports, with its data in a directory of its own.</summary>
internal sealed class TestHub : IAsyncDisposable
{
    private Emulator? _emulator;

    private TestHub(NamespaceConfig config, string[] arguments) => (Config, Arguments) = (config, arguments);

    public static string[] FourIds { get; } = ["0", "1", "2", "3"];
    public string DataDirectory { get; } = Directory.CreateTempSubdirectory("hub-").FullName;
    public List<string> Reports { get; } = [];
    public int Port { get; private set; }
    public int HealthPort => _emulator!.HealthPort!.Value;
    public int TlsPort => _emulator!.TlsPort!.Value;
    public int HttpsPort => _emulator!.HttpsPort!.Value;
    private NamespaceConfig Config { get; }
    private string[] Arguments { get; }

    public string ConnectionString => ConnectionStringFor("RootManageSharedAccessKey", "SAS_KEY_VALUE");

    public string ConnectionStringFor(string rule, string key) =>
        $"Endpoint=sb://localhost:{Port};SharedAccessKeyName={rule};SharedAccessKey={key};UseDevelopmentEmulator=true;EntityPath=telemetry";

    public string SasConnectionString(string resourcePath, string rule, string key, TimeSpan life) =>
        $"Endpoint=sb://localhost:{Port};SharedAccessSignature={Sas(resourcePath, rule, key, life)};UseDevelopmentEmulator=true;EntityPath=telemetry";

    public string Sas(string resourcePath, string rule, string key, TimeSpan life) =>
        SasToken.Create($"sb://localhost:{Port}/{resourcePath}", rule, key, DateTimeOffset.UtcNow + life);

    public static async Task<TestHub> StartAsync(string? config = null, params string[] arguments)
    {
        var hub = new TestHub(config is null ? NamespaceConfig.Default : ConfigFile.Parse(config), arguments);
        await hub.StartAgainAsync();
        return hub;
    }

    public async Task StartAgainAsync(params string[] more)
    {
        var line = CommandLine.Parse(["--port", Port.ToString(), "--health-port", "0", "--data", DataDirectory, .. Arguments, .. more]);
        _emulator = await Emulator.StartAsync(line, Config, TimeProvider.System, Reports.Add);
        Port = _emulator.Port;
    }

    public async Task StopAsync()
    {
        if (_emulator is not null) await _emulator.DisposeAsync();
        _emulator = null;
    }

    public EventHubProducerClient Producer(string? connectionString = null, EventHubsRetryOptions? retries = null) =>
        new(connectionString ?? ConnectionString, new EventHubProducerClientOptions { RetryOptions = retries ?? Fast });

    public PartitionReceiver Receiver(string partition, EventPosition position, PartitionReceiverOptions? options = null, string group = "$Default")
    {
        options ??= new();
        options.RetryOptions = Fast;
        return new(group, partition, position, ConnectionString, options);
    }

    public static EventHubsRetryOptions Fast => new() { MaximumRetries = 5, Delay = TimeSpan.FromMilliseconds(100), TryTimeout = TimeSpan.FromMinutes(1) };

    /// <summary>For what is refused: the client tries again even with a wrong key.</summary>
    public static EventHubsRetryOptions Once => new() { MaximumRetries = 0, TryTimeout = TimeSpan.FromMinutes(1) };

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(DataDirectory, recursive: true);
    }

    /// <summary>What all partitions hold, each in its order.</summary>
    public async Task<List<EventData>> ReadAllAsync()
    {
        await using var producer = Producer();
        var events = new List<EventData>();
        foreach (var partition in await producer.GetPartitionIdsAsync())
        {
            await using var receiver = Receiver(partition, EventPosition.Earliest);
            events.AddRange(await ReadAsync(receiver, (int)(await producer.GetPartitionPropertiesAsync(partition)).LastEnqueuedSequenceNumber + 1));
        }
        return events;
    }

    /// <summary>Reads until <paramref name="count"/> events are there, or fails after two minutes.</summary>
    public static async Task<List<EventData>> ReadAsync(PartitionReceiver receiver, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var events = new List<EventData>();
        while (events.Count < count) events.AddRange(await receiver.ReceiveBatchAsync(count - events.Count, TimeSpan.FromSeconds(1), limit.Token));
        return events;
    }
}
