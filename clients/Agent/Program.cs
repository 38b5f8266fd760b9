using System.Runtime.InteropServices;
using IoTBackend.Agent;
using IoTBackend.Agent.Backend;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Host;

if (args is ["--help" or "-h" or "--version"])
{
    StandardStream.Answer(args[0] == "--version" ? AgentCommand.Version : AgentCommand.Usage);
    return 0;
}

if (AgentCommand.Parse(args, out var misread) is not { } command)
{
    StandardStream.Say($"{misread}\n\n{AgentCommand.Usage}");
    return 2;
}

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
var (configuration, faults) = ConfigurationFile.Read(command.ConfigFile);
if (configuration is not null && command.Check)
    faults = [.. faults, .. await AgentCheck.RunAsync(configuration, TimeProvider.System, stop.Token)];
foreach (var fault in faults)
    Say(fault);
if (configuration is null || command.Check)
{
    if (faults.Count == 0)
        StandardStream.Answer($"{command.ConfigFile} is good; {configuration!.DeviceId} can be run");
    return faults.Count == 0 ? 0 : 1;
}

try
{
    await AgentRun.RunAsync(configuration, TimeProvider.System, Say, stop.Token);
    return 0;
}
catch (Exception) when (stop.IsCancellationRequested)
{
    // What broke off because of it is no fault.
    return 0;
}
catch (Exception reason) when (reason is EnrolmentRefusedException or IOException or UnauthorizedAccessException)
{
    Say(reason.Message);
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}

// The journal puts time and unit before it.
static void Say(string line) => StandardStream.Say(LogLine.Of(line));
