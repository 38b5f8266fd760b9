using IoTBackend.Core.Devices.Enrolment;

namespace IoTBackend.Core.Devices;

/// <summary>A registered device: what the operator said of it, not what it reports.</summary>
public sealed record Device
{
    /// <summary>1..128 characters of <c>A-Z a-z 0-9 - _ . :</c>, compared exactly.</summary>
    public required string Id { get; init; }

    /// <summary>Name of its <see cref="DeviceModel"/>; null = none.</summary>
    public string? Model { get; init; }

    /// <summary>OCI platform, <c>os/arch[/variant]</c>, as registered or taken from the model; null = not known, gets no image.</summary>
    public string? Platform { get; init; }

    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Declared time between reports; null = learned, or the model's.</summary>
    public TimeSpan? ReportingInterval { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Generation of the primary key; raised by a rotation.</summary>
    public int KeyGeneration { get; init; }

    public bool Enabled { get; init; } = true;

    public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>Null = an operator registered it.</summary>
    public Enrolled? Enrolled { get; init; }
}
