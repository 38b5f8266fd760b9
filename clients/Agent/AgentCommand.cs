namespace IoTBackend.Agent;

/// <summary>What the program was asked for.</summary>
internal sealed record AgentCommand(string ConfigFile, bool Check)
{
    public const string Usage = """
        iot-agent [--config FILE] [--check]

          --config FILE   default /etc/iot-agent/config.json
          --check         say what is wrong with the file, the key, the engine and the server, and end

        It runs until it is told to end (SIGTERM); the containers go on without it.
        """;

    /// <summary>Null = it is not understood, or help was asked for.</summary>
    public static AgentCommand? Parse(IReadOnlyList<string> arguments)
    {
        var command = new AgentCommand("/etc/iot-agent/config.json", false);
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
                    return null;
            }
        }

        return command;
    }
}
