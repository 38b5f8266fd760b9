namespace IoTBackend.Agent;

/// <summary>What the program was asked for.</summary>
internal sealed record AgentCommand(string ConfigFile, bool Check)
{
    public const string Usage = """
        iot-agent [--config FILE] [--check]

          --config FILE   default /etc/iot-agent/config.json
          --check         say what is wrong with the file, the key, the engine and the server, and end
          --version       say which one this is, and end

        It runs until it is told to end (SIGTERM); the containers go on without it.
        """;

    public static string Version => $"iot-agent {typeof(AgentCommand).Assembly.GetName().Version?.ToString(3)}";

    /// <param name="arguments">Of the command line.</param>
    /// <param name="fault">What is not understood, where nothing is returned.</param>
    public static AgentCommand? Parse(IReadOnlyList<string> arguments, out string? fault)
    {
        (var command, fault) = (new AgentCommand("/etc/iot-agent/config.json", false), null);
        for (var i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--check":
                    command = command with { Check = true };
                    break;
                case "--config" when i + 1 < arguments.Count:
                    command = command with { ConfigFile = Path.GetFullPath(arguments[++i]) };
                    break;
                default:
                    fault = arguments[i] == "--config" ? "--config: which file?" : $"{arguments[i]} is not understood";
                    return null;
            }
        }

        return command;
    }
}
