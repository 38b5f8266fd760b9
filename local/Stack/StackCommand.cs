using System.Globalization;

namespace IoTBackend.Stack;

/// <summary>What <c>scripts/run</c> was asked for.</summary>
internal sealed record StackCommand
{
    public StackPorts Ports { get; init; } = new();

    /// <summary>Devices of the demo fleet; 0 = no demo.</summary>
    public int Devices { get; init; } = 25;

    /// <summary>Real agents on a container engine of the stack's own.</summary>
    public int Agents { get; init; }

    /// <summary>Forget everything stored.</summary>
    public bool Fresh { get; init; }

    /// <summary>Go on with what can be read of a damaged hub.</summary>
    public bool Repair { get; init; }

    /// <exception cref="StackException">An option that does not exist, or a value that is none.</exception>
    public static StackCommand Parse(IReadOnlyList<string> arguments)
    {
        var command = new StackCommand();
        for (var i = 0; i < arguments.Count; i++)
        {
            var option = arguments[i];
            int Number(int max) => ++i < arguments.Count && int.TryParse(arguments[i], NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= max
                ? value
                : throw new StackException($"{option} needs a number up to {max:N0}.");
            command = option switch
            {
                "--no-demo" => command with { Devices = 0 },
                "--devices" => command with { Devices = Number(10_000) },
                "--agents" => command with { Agents = Number(99) },
                "--fresh" => command with { Fresh = true },
                "--repair" => command with { Repair = true },
                "--port" => command with { Ports = command.Ports with { Functions = Number(ushort.MaxValue) } },
                "--hub-port" => command with { Ports = command.Ports with { Hub = Number(ushort.MaxValue) } },
                "--blob-port" => command with { Ports = command.Ports with { Blobs = Number(ushort.MaxValue) } },
                "--queue-port" => command with { Ports = command.Ports with { Queues = Number(ushort.MaxValue) } },
                "--table-port" => command with { Ports = command.Ports with { Tables = Number(ushort.MaxValue) } },
                "--registry-port" => command with { Ports = command.Ports with { Registry = Number(ushort.MaxValue) } },
                _ => throw new StackException($"Unknown option {option}; see scripts/run --help."),
            };
        }
        return command;
    }
}
