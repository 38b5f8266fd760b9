using System.Runtime.InteropServices;
using IoTBackend.FunctionsHost;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(HostCommand.Help);
    return 0;
}
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
try
{
    await using var host = await Host.StartAsync(HostCommand.Parse(args), TimeProvider.System, stop.Token);
    await host.RunAsync(stop.Token);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
catch (Exception reason) when (reason is HostException or IOException)
{
    await Console.Error.WriteLineAsync(reason.Message);
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
