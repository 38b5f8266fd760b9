using System.Net.Sockets;
using System.Text.Json;
using IoTBackend.Stack.Children;

namespace IoTBackend.Stack;

/// <summary>How each program of the stack is started, and how it is told where the others are.</summary>
internal sealed class StackPrograms(StackLayout layout, StackPorts ports, StackSecrets secrets, HttpClient http)
{
    public const string Hub = "telemetry";

    /// <summary>For whoever wants to read along; the backend reads as $Default.</summary>
    public const string ReaderGroup = "readers";

    /// <summary>App setting in place of host.json's: the longest pause between two looks at an empty queue.</summary>
    public const string PollingInterval = "AzureFunctionsJobHost__extensions__queues__maxPollingInterval";

    /// <summary>Of the hub, when it is made.</summary>
    public int Partitions { get; set; } = 4;

    private const string HubRule = "functions";
    private const string DeviceHubRule = "devices";

    // The storage emulator's published account: no secret (Azure Storage documentation, "Use the Azurite emulator").
    private const string Account = "devstoreaccount1";
    private const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>How long the functions may finish what they have begun.</summary>
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Bytes in hexadecimal that host and worker may each allocate between two collections: 64 MB. The runtime takes the cache's size, and the
    /// copies of a batch of events on its way from hub to function are larger than that.
    /// </summary>
    public const string Gen0Budget = "4000000";

    private static readonly string[] Everything = ["Send", "Listen", "Manage"];
    private static readonly string[] SendOnly = ["Send"];

    private static readonly IReadOnlyDictionary<string, string> Nothing = new Dictionary<string, string>();

    public Uri Api => new($"http://127.0.0.1:{ports.Functions}/api/");

    public string RegistryHost => $"127.0.0.1:{ports.Registry}";

    public string StorageConnection =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={AccountKey};BlobEndpoint=http://127.0.0.1:{ports.Blobs}/{Account};" +
        $"QueueEndpoint=http://127.0.0.1:{ports.Queues}/{Account};TableEndpoint=http://127.0.0.1:{ports.Tables}/{Account};";

    public string HubConnection =>
        $"Endpoint=sb://127.0.0.1:{ports.Hub};SharedAccessKeyName={HubRule};SharedAccessKey={secrets.HubKey};UseDevelopmentEmulator=true;";

    /// <summary>Microsoft's storage emulator.</summary>
    public ChildProgram Storage()
    {
        if (!File.Exists(layout.Azurite))
            throw new StackException("The storage emulator is not installed: run 'npm ci' in local/.");
        var data = Directory.CreateDirectory(Path.Combine(layout.State, "azurite")).FullName;
        return new("azurite",
            [
                "node", "--require", layout.AzuriteJournal, "--require", layout.AzuriteLookups, layout.Azurite, "--silent", "--skipApiVersionCheck", "--disableTelemetry", "--location", data,
                "--blobPort", $"{ports.Blobs}", "--queuePort", $"{ports.Queues}", "--tablePort", $"{ports.Tables}",
            ],
            Nothing, async cancel => await Accepts(ports.Blobs, cancel) && await Accepts(ports.Queues, cancel) && await Accepts(ports.Tables, cancel),
            TimeSpan.FromSeconds(10));
    }

    /// <summary>The Event Hub emulator, with one hub of four partitions and a key of this stack's own.</summary>
    public ChildProgram EventHub(bool repair)
    {
        var data = Path.Combine(layout.State, "hub");
        var configuration = Path.Combine(data, "config.json");
        PrivateFile.Write(configuration, JsonSerializer.Serialize(new
        {
            UserConfig = new
            {
                NamespaceConfig = new[]
                {
                    new
                    {
                        Type = "EventHub",
                        Name = "emulatorNs1",
                        Entities = new[]
                        {
                            new
                            {
                                Name = Hub,
                                PartitionCount = Partitions,
                                ConsumerGroups = new[] { new { Name = ReaderGroup } },
                                AuthorizationRules = new[]
                                {
                                    new { Name = HubRule, PrimaryKey = secrets.HubKey, Rights = Everything },
                                    new { Name = DeviceHubRule, PrimaryKey = secrets.DeviceHubKey, Rights = SendOnly },
                                },
                            },
                        },
                    },
                },
            },
        }));
        return new("hub",
            ["dotnet", layout.Program("EventHubEmulator", "IoTBackend.EventHubEmulator"), "--health-port", "off", "--port", $"{ports.Hub}", "--config", configuration, "--data", Path.Combine(data, "data"), .. (string[])(repair ? ["--repair"] : [])],
            Nothing, cancel => Accepts(ports.Hub, cancel), TimeSpan.FromSeconds(10));
    }

    /// <summary>Debian's docker-registry, which tells the functions of every push. Null where it is not installed.</summary>
    public ChildProgram? Registry()
    {
        if (StackLayout.Registry is not { } program)
            return null;
        var folder = Path.Combine(layout.State, "registry");
        var data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        var configuration = Path.Combine(folder, "config.yml");
        PrivateFile.Write(configuration, $"""
            version: 0.1
            log: {"{"} level: warn {"}"}
            storage:
              filesystem: {"{"} rootdirectory: '{data}' {"}"}
              delete: {"{"} enabled: true {"}"}
            http:
              addr: {RegistryHost}
              secret: {secrets.RegistrySecret}
            notifications:
              endpoints:
                - name: iot-backend
                  url: {Api}registry/events
                  headers: {"{"} x-functions-key: ['{secrets.OperatorKey}'], Authorization: ['Bearer {secrets.RegistryWebhookKey}'] {"}"}
                  timeout: 2s
                  threshold: 5
                  backoff: 2s
            """);
        return new("registry", [program, "serve", configuration], Nothing, cancel => Answers(new($"http://{RegistryHost}/v2/"), cancel), TimeSpan.FromSeconds(5));
    }

    /// <summary>The backend itself: the Functions host, which runs the app as its worker.</summary>
    /// <param name="settings">App settings on top of the stack's own.</param>
    public ChildProgram Functions(IReadOnlyDictionary<string, string> settings)
    {
        var app = Path.GetDirectoryName(layout.Program("IoTBackend.Functions", "IoTBackend.Functions"))!;
        return new("functions", ["dotnet", layout.Program("FunctionsHost", "IoTBackend.FunctionsHost"), app], new Dictionary<string, string>(settings.Concat(AppSettings(settings)).DistinctBy(setting => setting.Key))
        {
            ["DOTNET_GCgen0size"] = Gen0Budget,
            ["Functions__Port"] = $"{ports.Functions}",
            ["Functions__DrainTimeout"] = $"{Drain:c}",
            ["IOT_OPERATOR_KEY"] = secrets.OperatorKey,
            ["Local__StateDirectory"] = layout.State,
        }, cancel => Answers(new(Api, "health"), cancel), Drain + TimeSpan.FromSeconds(5));
    }

    /// <summary>The settings the app itself needs, as they would stand in local.settings.json.</summary>
    /// <param name="settings">Of these the ones that have a default here.</param>
    public Dictionary<string, string> AppSettings(IReadOnlyDictionary<string, string> settings) => new()
    {
        // Nobody bills a look at a queue here, and an alert goes through two of them.
        [PollingInterval] = settings.GetValueOrDefault(PollingInterval, "00:00:00.200"),
        ["AzureWebJobsStorage"] = StorageConnection,
        ["EventHub"] = HubConnection,
        ["EventHub__DeviceRuleName"] = DeviceHubRule,
        ["EventHub__DeviceRuleKey"] = secrets.DeviceHubKey,
        ["EventHub__DeviceEndpoint"] = $"amqp://127.0.0.1:{ports.Hub}",
        ["Devices__MasterKey"] = secrets.MasterKey,
        // The receivers of a local run's alerts are on this machine.
        ["Alerts__AllowPrivateTargets"] = "true",
        // And so is its registry.
        ["Releases__AllowPrivateRegistries"] = "true",
        // The host reads these, and knows nothing of the app's own defaults.
        ["SweepSchedule"] = settings.GetValueOrDefault("SweepSchedule", "*/5 * * * * *"),
        ["ReconcileSchedule"] = settings.GetValueOrDefault("ReconcileSchedule", "0 */5 * * * *"),
        ["UpkeepSchedule"] = settings.GetValueOrDefault("UpkeepSchedule", "0 7 * * * *"),
    };

    private static async Task<bool> Accepts(int port, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task<bool> Answers(Uri address, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            using var response = await http.GetAsync(address, limit.Token);
            return response.IsSuccessStatusCode;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
