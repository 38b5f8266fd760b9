namespace IoTBackend.Simulator;

/// <summary>Which fleet is simulated.</summary>
internal sealed record SimulatorCommand
{
    public int Devices { get; init; } = 25;

    /// <summary>How many devices have each fault.</summary>
    public IReadOnlyList<(Fault Fault, int Count)> Faults { get; init; } = [];

    /// <summary>Readings per second of the whole fleet; null = by <see cref="Interval"/>.</summary>
    public double? Rate { get; init; }

    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many devices send straight to the hub by AMQP.</summary>
    public int OverHub { get; init; }

    /// <summary>Between two readings of one device.</summary>
    public TimeSpan Pace => Rate is { } rate ? TimeSpan.FromSeconds(Devices / rate) : Interval;
}
