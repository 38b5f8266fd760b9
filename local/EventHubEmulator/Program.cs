using System.Runtime.InteropServices;
using IoTBackend.EventHubEmulator;
using IoTBackend.EventHubEmulator.Configuration;

CommandLine line;
try
{
    line = CommandLine.Parse(args);
    if (line.WantsHelp)
    {
        Console.WriteLine(CommandLine.Help);
        return 0;
    }
    var config = line.ConfigPath is { } path ? ConfigFile.Read(path) : NamespaceConfig.Default;
    var stopped = new TaskCompletionSource();
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    await using var emulator = await Emulator.StartAsync(line, config, TimeProvider.System, Console.Error.WriteLine);
    if (emulator.HealthPort is { } health) Console.WriteLine($"health http://127.0.0.1:{health}/health");
    if (emulator.TlsPort is { } tls) Console.WriteLine($"amqps://localhost:{tls}");
    if (emulator.HttpsPort is { } https) Console.WriteLine($"wss://localhost:{https}/$servicebus/websocket");
    Console.WriteLine($"ready amqp://127.0.0.1:{emulator.Port}");
    await stopped.Task;
    return 0;

    void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        stopped.TrySetResult();
    }
}
catch (UsageException error)
{
    Console.Error.WriteLine(error.Message);
    return 2;
}
catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
