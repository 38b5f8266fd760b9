using System.Runtime.InteropServices;
using IoTBackend.Simulator;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    var command = SimulatorCommand.Parse(args);
    if (command.Duration is { } duration)
        stop.CancelAfter(duration);
    var key = command.Key ?? (File.Exists(".local/operator.key") ? (await File.ReadAllTextAsync(".local/operator.key")).Trim() : null)
        ?? throw new FormatException("No operator key: give --key, or start the backend with scripts/run.");
    using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { BaseAddress = new(command.Url, "/api/") };
    var api = new BackendApi(http, key, TimeProvider.System);
    var fleet = new SimulatedFleet(api, new(Path.Combine(".local", "simulated", $"{command.Url.Host}-{command.Url.Port}.json")), TimeProvider.System);
    Console.WriteLine($"==> waiting for {http.BaseAddress}");
    await api.WaitAsync(stop.Token);
    Console.WriteLine($"==> registering {command.Devices} devices");
    var plans = await fleet.RegisterAsync(command, stop.Token);
    Console.WriteLine($"==> each reports every {command.Pace.TotalSeconds:0.###} s; Ctrl-C ends it");
    await Task.WhenAll(fleet.RunAsync(plans, stop.Token), Progress.ShowAsync(fleet.Counters, TimeProvider.System, stop.Token));
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.WriteLine();
    return 0;
}
catch (Exception failure) when (failure is FormatException or HttpRequestException)
{
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
