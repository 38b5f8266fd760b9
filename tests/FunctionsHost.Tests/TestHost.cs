using IoTBackend.FunctionsHost;

namespace FunctionsHost.Tests;

/// <summary>A host in this process, on a free port, with a state directory of its own; it runs the hello app as its worker.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    public const string Key = "the-operators-key";

    /// <summary>Functions of the hello app that need more than HTTP: off unless asked for.</summary>
    private static readonly string[] Background = ["Texts", "Bytes", "Objects", "Messages", "EverySecond", "Hourly", "Record"];

    private readonly Host host;
    private readonly string state;

    private TestHost(Host host, string state) => (this.host, this.state) = (host, state);

    /// <summary>The folder of the built hello app.</summary>
    public static string App
    {
        get
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(own.Parent!.Parent!.FullName, "HelloApp", own.Name);
        }
    }

    public HttpClient Http => field ??= new() { BaseAddress = host.Address };

    public int? WorkerProcessId => host.WorkerProcessId;

    /// <param name="background">Which of the functions that need more than HTTP are on.</param>
    /// <param name="settings">App settings, <c>Name=value</c>.</param>
    public static async Task<TestHost> StartAsync(string[] background, params string[] settings)
    {
        var state = Directory.CreateTempSubdirectory("functions-").FullName;
        string[] all = ["Functions__Port=0", $"Local__StateDirectory={state}", $"IOT_OPERATOR_KEY={Key}", "Logging__LogLevel__Default=None",
            .. Background.Except(background).Select(function => $"AzureWebJobs.{function}.Disabled=true"), .. settings];
        var command = HostCommand.Parse([App, .. all.SelectMany(setting => (string[])["--setting", setting])]);
        return new(await Host.StartAsync(command, TimeProvider.System, CancellationToken.None), state);
    }

    public Task StopAsync() => host.DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        Directory.Delete(state, recursive: true);
    }
}
