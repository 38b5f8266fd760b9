using System.CommandLine;
using System.Net;
using IoTBackend.Cli.Api;
using IoTBackend.Cli.Connect;
using IoTBackend.Simulator;

namespace IoTBackend.Cli.Commands;

/// <summary><c>iot simulate</c></summary>
internal static class SimulateCommand
{
    private static readonly Option<int> Devices = Bounds.Upto(new Option<int>("--devices") { Description = "How many; registered as sim-0001, sim-0002 ...", HelpName = "N", DefaultValueFactory = _ => 25 }, 100_000);
    private static readonly Option<double?> Rate = Bounds.Upto(new Option<double?>("--rate") { Description = "Readings per second of the whole fleet", HelpName = "N" }, 100_000);
    private static readonly Option<double> Interval = Bounds.Upto(new Option<double>("--interval") { Description = "Seconds between two readings of a device", HelpName = "SECONDS", DefaultValueFactory = _ => 5 }, 86_400);
    private static readonly Option<int> Amqp = Bounds.Upto(new Option<int>("--amqp") { Description = "So many of them send straight to the hub by AMQP", HelpName = "N" }, 1_000);

    private static readonly Option<(Fault, int)[]> Faults = new("--faults")
    {
        Description = "So many with a fault: battery=2,dead-zone=1,flapping=1,reboots=1,loss=1,crash=1,lie=1",
        HelpName = "LIST",
        CustomParser = result =>
        {
            var faults = result.Tokens.SelectMany(token => token.Value.Split(',')).Select(Read).ToArray();
            if (faults.Any(fault => fault is null))
                result.AddError("--faults takes battery, dead-zone, flapping, reboots, loss, crash and lie, each with =COUNT.");
            return [.. faults.OfType<(Fault, int)>()];
        },
    };

    private static readonly Option<string> Key = new("--key") { Description = "The operator key, where every process may see it; better IOT_OPERATOR_KEY, or a profile", HelpName = "KEY" };
    private static readonly Option<double?> Seconds = Bounds.Upto(new Option<double?>("--seconds") { Description = "Ends by itself", HelpName = "N" }, 1_000_000);

    public static Verb Make(Surroundings around)
    {
        var command = new Verb("simulate", "A fleet of simulated devices against a running backend, with a progress display; Ctrl-C ends it",
            "iot simulate --devices 100 --faults battery=2,flapping=1", "iot simulate --devices 1000 --rate 200 --amqp 100 --seconds 60")
            .Takes(Devices, Rate, Interval, Amqp, Faults, Shared.Profile, Shared.Url, Key, Seconds);
        command.SetAction((parsed, cancellationToken) => RunAsync(around, parsed, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Surroundings around, ParseResult parsed, CancellationToken cancellationToken)
    {
        var connection = Connection.Find(around, parsed.GetValue(Shared.Profile), parsed.GetValue(Shared.Url), parsed.GetValue(Key));
        var fleet = new SimulatorCommand
        {
            Devices = parsed.GetValue(Devices),
            Rate = parsed.GetValue(Rate),
            Interval = TimeSpan.FromSeconds(parsed.GetValue(Interval)),
            OverHub = parsed.GetValue(Amqp),
            Faults = parsed.GetValue(Faults) ?? [],
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (parsed.GetValue(Seconds) is { } seconds)
            stop.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            await Simulation.RunAsync(fleet, connection.Url, connection.Key, around.LocalState, around.Time, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await around.Out.WriteLineAsync();
        }
        catch (HttpRequestException failed)
        {
            throw failed.StatusCode switch
            {
                null => Backend.NoAnswer(connection.Url, failed),
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Backend.NotTaken(connection),
                _ => new CliException(ExitCode.Failed, failed.Message),
            };
        }

        return ExitCode.Done;
    }

    private static (Fault, int)? Read(string text)
    {
        var parts = text.Split('=', 2);
        var count = 1;
        return Enum.TryParse<Fault>(parts[0].Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var fault) && fault != Fault.None && Enum.IsDefined(fault)
            && (parts.Length == 1 || (int.TryParse(parts[1], out count) && count is >= 0 and <= 100_000)) ? (fault, count) : null;
    }
}
