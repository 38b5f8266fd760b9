using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices;

/// <summary>What is known of a type of device before it says anything.</summary>
public sealed record DeviceModel : ModelRules
{
    /// <summary>From the address; a body need not repeat it.</summary>
    public string Name { get; init; } = "";

    /// <summary>OCI platform of devices that do not name their own.</summary>
    [PlatformName]
    public string? Platform { get; init; }

    /// <summary>The vendor's device passed a security test; untested models are held back by a gate.</summary>
    public bool SecurityTested { get; init; }

    /// <summary>Who tested it, when, and how long that counts; null = nobody says.</summary>
    public SecurityTest? SecurityTest { get; init; }

    /// <summary>Network segment its containers live in.</summary>
    [Name]
    public string? Segment { get; init; }

    /// <summary>What containers may ask for on it, in its segment; null = what runs there now.</summary>
    public Privileges? Privileges { get; init; }
}

/// <summary>A security test of a type of device.</summary>
/// <param name="By">Who tested it.</param>
/// <param name="Report">Where the report is.</param>
/// <param name="ValidUntil">Null = for good.</param>
public sealed record SecurityTest(string By, DateTimeOffset At, Uri? Report = null, DateTimeOffset? ValidUntil = null);
