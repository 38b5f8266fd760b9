using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices;

/// <summary>What an operator says of a device.</summary>
public record RegistrationRequest : IValidated
{
    public const int MaxGroups = 32;
    public const int MaxLabels = 64;
    public const int MaxLabelLength = 256;

    /// <summary>Of all values together: a device's row holds 32,767 characters.</summary>
    public const int MaxLabelsLength = 8192;

    /// <summary>Name of a device type; it need not be known yet.</summary>
    [Name]
    public string? Model { get; init; }

    [PlatformName]
    public string? Platform { get; init; }

    [Name, MaxLength(MaxGroups)]
    public IReadOnlyList<string>? Groups { get; init; }

    /// <summary>Declared time between reports; null = the model's, or learned.</summary>
    [DurationRange("PT1S", "P366D")]
    public TimeSpan? ReportingInterval { get; init; }

    /// <summary>At most 64; each value has 256 characters at most, all together 8,192.</summary>
    [MaxLength(MaxLabels)]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public Device ApplyTo(Device device) => device with
    {
        Model = Model,
        Platform = Platform,
        Groups = [.. (Groups ?? []).Distinct(StringComparer.Ordinal)],
        ReportingInterval = ReportingInterval,
        Labels = Labels ?? new Dictionary<string, string>(),
    };

    public IEnumerable<string> Errors()
    {
        foreach (var (name, value) in Labels ?? new Dictionary<string, string>())
        {
            if (Name.Check("Each name in labels", name) is { } wrong)
                yield return wrong;
            else if (value.Length > MaxLabelLength || value.Any(char.IsControl))
                yield return $"labels.{name} must be text of {MaxLabelLength} characters at most, without control characters.";
        }

        if (Labels?.Values.Sum(v => v.Length) > MaxLabelsLength)
            yield return $"The values in labels may have {MaxLabelsLength} characters together.";
    }
}
