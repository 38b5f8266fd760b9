using System.Runtime.InteropServices;
using IoTBackend.Stack;
using Microsoft.Extensions.Configuration;

var layout = StackLayout.OfThisBuild();
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

try
{
    var environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();
    return await StackRun.RunAsync(StackCommand.Parse(args), layout, environment["IOT_OPERATOR_KEY"], TimeProvider.System, stop.Token);
}
catch (StackException reason)
{
    await Console.Error.WriteLineAsync(reason.Message);
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
