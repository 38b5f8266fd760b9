using Microsoft.Extensions.Configuration;

namespace IoTBackend.FunctionsHost;

/// <summary>What the program was asked for.</summary>
/// <param name="App">The folder of the built app.</param>
/// <param name="Port">Where to listen; null = as the settings say.</param>
/// <param name="LogsJson">One JSON object a line instead of text.</param>
/// <param name="Settings">App settings on top of the environment's, by their own names.</param>
internal sealed record HostCommand(string App, string? Port, bool LogsJson, IReadOnlyDictionary<string, string> Settings)
{
    public const string Help = """
        Runs an Azure Functions app of the isolated worker model (.NET) as Azure's host does, on this machine and on loopback only.

          dotnet IoTBackend.FunctionsHost.dll APP [--port N] [--log text|json] [--setting NAME=VALUE]...

          APP                   folder of the built app, with its host.json and worker.config.json
          --port N              7071 by default, 0 = any free one; also the setting Functions__Port
          --log text|json       text by default
          --setting NAME=VALUE  an app setting; stronger than the environment, which is stronger than local.settings.json

        Triggers: HTTP, storage queue, timer, Event Hubs. Several hosts may share one storage account and one hub.

        Settings of the host itself, beside those that the app's triggers name:
          AzureWebJobsStorage         connection string, or AzureWebJobsStorage__accountName with the ambient identity: locks, timers, checkpoints
          Functions__DrainTimeout     what may be finished at the end, 00:00:30 by default
          Local__StateDirectory       where operator.key is, .local by default: the one key for every function that needs one (x-functions-key)
          IOT_OPERATOR_KEY            presets that key
          AzureWebJobs.NAME.Disabled  true switches one function off
          AzureFunctionsJobHost__...  overrides host.json, as in Azure
        """;

    /// <exception cref="HostException">An option that does not exist, or a value that is none.</exception>
    public static HostCommand Parse(IReadOnlyList<string> arguments)
    {
        string? app = null, port = null;
        var json = false;
        var settings = new Dictionary<string, string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var option = arguments[i];
            string Value() => ++i < arguments.Count ? arguments[i] : throw new HostException($"{option} needs a value; see --help.");
            switch (option)
            {
                case "--port":
                    port = Value();
                    break;
                case "--log":
                    json = Value() switch { "json" => true, "text" => false, var other => throw new HostException($"--log {other}: text or json.") };
                    break;
                case "--setting":
                    var setting = Value();
                    var at = setting.IndexOf('=', StringComparison.Ordinal);
                    settings[at > 0 ? setting[..at] : throw new HostException($"--setting {setting}: write NAME=VALUE.")] = setting[(at + 1)..];
                    break;
                case [not '-', ..] when app is null:
                    app = option;
                    break;
                default:
                    throw new HostException($"Unknown argument {option}; see --help.");
            }
        }
        return new(app ?? throw new HostException("Name the folder of the app; see --help."), port, json, settings);
    }

    /// <summary>All settings: of local.settings.json, the environment and the command, the last named the strongest.</summary>
    /// <param name="localSettings">The values of the app's local.settings.json.</param>
    public IConfigurationRoot Configuration(IReadOnlyDictionary<string, string> localSettings)
    {
        var own = Port is null ? Settings : new Dictionary<string, string>(Settings) { ["Functions__Port"] = Port };
        return new ConfigurationBuilder().AddInMemoryCollection(Keyed(localSettings)).AddEnvironmentVariables().AddInMemoryCollection(Keyed(own)).Build();
    }

    /// <summary>The settings to start the worker with: the environment's it inherits.</summary>
    public IReadOnlyDictionary<string, string> OfWorker(IReadOnlyDictionary<string, string> localSettings)
    {
        var environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        var given = localSettings.Where(setting => environment[Key(setting.Key)] is null).ToDictionary(setting => setting.Key, setting => setting.Value);
        foreach (var (name, value) in Settings)
            given[name] = value;
        return given;
    }

    private static IEnumerable<KeyValuePair<string, string?>> Keyed(IReadOnlyDictionary<string, string> settings) =>
        settings.Select(setting => KeyValuePair.Create(Key(setting.Key), (string?)setting.Value));

    private static string Key(string name) => name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal);
}
