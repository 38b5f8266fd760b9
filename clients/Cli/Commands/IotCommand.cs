using System.CommandLine;
using System.CommandLine.Help;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary>The whole command line.</summary>
internal static class IotCommand
{
    private const string Description = "Watches and steers a fleet of devices: connectivity, batteries, alerts, images and their rollout.";

    /// <returns>As in <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, Surroundings around, CancellationToken stop)
    {
        var parsed = Build(around).Parse(arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is System.CommandLine.Invocation.ParseErrorAction)
        {
            // That a command is missing is no news beside the one that is not known.
            var unknown = parsed.Errors.Where(error => parsed.UnmatchedTokens.Any(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal))).ToList();
            var said = (unknown.Count > 0 ? unknown : parsed.Errors).Select(error => error.Message);
            await around.Error.WriteLineAsync($"iot: {Words.Clean(string.Join(' ', said))}");
            await around.Error.WriteLineAsync($"See {Path(parsed.CommandResult.Command)} --help.");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new() { Output = around.Out, Error = around.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(10) }, stop);
        }
        catch (CliException failed)
        {
            await around.Error.WriteLineAsync($"iot: {Words.Clean(failed.Message)}");
            return failed.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (IOException failed) when (Screen.IsUnread(failed))
        {
            return ExitCode.Done;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            await around.Error.WriteLineAsync($"iot: {Words.Clean(failed.Message)}");
            return ExitCode.Usage;
        }
    }

    public static RootCommand Build(Surroundings around)
    {
        var root = new RootCommand(Description)
        {
            StatusCommand.Make(around),
            DeviceCommands.Make(around),
            AlertCommands.Make(around),
            ReleaseCommands.Make(around),
            RolloutCommands.Make(around),
            ExposureCommand.Make(around),
            RoutingCommands.Channels(around),
            RoutingCommands.Routes(around),
            RoutingCommands.Mutes(around),
            SimulateCommand.Make(around),
            BacktestCommand.Make(around),
            CostCommand.Make(around),
            SmokeTestCommand.Make(around),
            Mcp.McpCommand.Make(around),
            ProfileCommands.Make(around),
            CompletionCommand.Make(around),
        };
        foreach (var option in root.Options.OfType<HelpOption>())
            option.Action = new HelpWithExamples((HelpAction)option.Action!);
        return root;
    }

    /// <summary>As it is typed: <c>iot alerts ack</c>.</summary>
    public static string Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{Path(parent)} {command.Name}" : "iot";
}
