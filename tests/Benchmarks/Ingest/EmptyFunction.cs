using System.Diagnostics;
using System.Globalization;
using IoTBackend.Stack;

namespace IoTBackend.Benchmarks.Ingest;

/// <summary>
/// A function on Microsoft's worker that reads the body and answers, behind the same host: the least that a request costs which any
/// function takes. <c>tests/HelloApp</c>, with its other triggers off and the settings that the product's app has.
/// </summary>
internal sealed class EmptyFunction : IDisposable
{
    private static readonly string[] OtherTriggers = ["Texts", "Bytes", "Objects", "Messages", "EverySecond", "Hourly", "Record"];

    private readonly string _state = Directory.CreateTempSubdirectory("iot-bench-").FullName;
    private readonly Process _host;
    private int _worker;

    private EmptyFunction(StackPrograms programs, int port)
    {
        Port = port;
        var layout = StackLayout.OfThisBuild();
        var app = Path.GetDirectoryName(layout.Program("HelloApp", "HelloApp"))!;
        var start = new ProcessStartInfo("dotnet", [layout.Program("FunctionsHost", "IoTBackend.FunctionsHost"), app, "--port", $"{port}"])
        {
            RedirectStandardOutput = true,
            Environment =
            {
                ["AzureWebJobsStorage"] = programs.StorageConnection,
                ["DOTNET_GCgen0size"] = StackPrograms.Gen0Budget,
                ["Local__StateDirectory"] = _state,
                ["Logging__LogLevel__Default"] = "Warning",
                ["Logging__LogLevel__Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",
            },
        };
        foreach (var trigger in OtherTriggers)
            start.Environment[$"AzureWebJobs__{trigger}__Disabled"] = "true";
        _host = Process.Start(start)!;
        _host.OutputDataReceived += (_, line) => { };
        _host.BeginOutputReadLine();
    }

    public int Port { get; }

    public static async Task<EmptyFunction> StartAsync(StackPrograms programs)
    {
        var started = new EmptyFunction(programs, StackPorts.Free().Functions);
        using var http = new HttpClient();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                started._worker = int.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{started.Port}/api/process")), CultureInfo.InvariantCulture);
                return started;
            }
            catch (HttpRequestException) when (attempt < 300)
            {
                await Task.Delay(100);
            }
            catch
            {
                started.Dispose();
                throw;
            }
        }
    }

    public IReadOnlyDictionary<string, ProcessCost> Costs() => new Dictionary<string, ProcessCost>
    {
        ["host"] = ProcessCost.Of(_host.Id),
        ["worker"] = ProcessCost.Of(_worker),
    };

    public void Dispose()
    {
        _host.Kill(entireProcessTree: true);
        _host.Dispose();
        Directory.Delete(_state, recursive: true);
    }
}
