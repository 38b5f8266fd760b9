using System.Globalization;

namespace IoTBackend.Simulator;

/// <summary>What <c>scripts/simulate</c> was asked for.</summary>
internal sealed record SimulatorCommand
{
    public int Devices { get; init; } = 25;

    public Uri Url { get; init; } = new("http://127.0.0.1:7071");

    public string? Key { get; init; }

    /// <summary>How many devices have each fault.</summary>
    public IReadOnlyList<(Fault Fault, int Count)> Faults { get; init; } = [];

    /// <summary>Readings per second of the whole fleet; null = by <see cref="Interval"/>.</summary>
    public double? Rate { get; init; }

    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many devices send straight to the hub by AMQP.</summary>
    public int OverHub { get; init; }

    public TimeSpan? Duration { get; init; }

    /// <summary>Between two readings of one device.</summary>
    public TimeSpan Pace => Rate is { } rate ? TimeSpan.FromSeconds(Devices / rate) : Interval;

    /// <exception cref="FormatException">An option that does not exist, or a value that is none.</exception>
    public static SimulatorCommand Parse(IReadOnlyList<string> arguments)
    {
        var command = new SimulatorCommand();
        for (var i = 0; i < arguments.Count; i++)
        {
            var option = arguments[i];
            string Value() => ++i < arguments.Count ? arguments[i] : throw new FormatException($"{option} needs a value.");
            command = option switch
            {
                "--devices" => command with { Devices = (int)Number(option, Value(), 100_000) },
                "--url" => command with { Url = new(Value()) },
                "--key" => command with { Key = Value() },
                "--faults" => command with { Faults = [.. Value().Split(',').Select(ParseFault)] },
                "--rate" => command with { Rate = Number(option, Value(), 100_000) },
                "--interval" => command with { Interval = TimeSpan.FromSeconds(Number(option, Value(), 86_400)) },
                "--amqp" => command with { OverHub = (int)Number(option, Value(), 1_000) },
                "--seconds" => command with { Duration = TimeSpan.FromSeconds(Number(option, Value(), 1e6)) },
                _ => throw new FormatException($"Unknown option {option}; see scripts/simulate --help."),
            };
        }
        return command;
    }

    private static double Number(string option, string text, double max) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0 && value <= max
            ? value
            : throw new FormatException($"{option} needs a number up to {max:N0}.");

    private static (Fault, int) ParseFault(string text)
    {
        var parts = text.Split('=');
        return Enum.TryParse<Fault>(parts[0].Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var fault) && fault != Fault.None
            ? (fault, parts.Length == 1 ? 1 : (int)Number("--faults " + parts[0], parts[1], 100_000))
            : throw new FormatException($"--faults takes battery, dead-zone, flapping, reboots and loss, each with =COUNT; not {parts[0]}.");
    }
}
