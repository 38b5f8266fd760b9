using System.Text.RegularExpressions;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices;

/// <summary>What an operator says of a device.</summary>
public sealed partial record RegistrationRequest
{
    public const int MaxGroups = 32;
    public const int MaxLabels = 64;
    public const int MaxLabelLength = 256;

    /// <summary>Of all values together: a device's row holds 32,767 characters.</summary>
    public const int MaxLabelsLength = 8192;

    public static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan MaxInterval = TimeSpan.FromDays(366);

    public string? Model { get; init; }

    public string? Platform { get; init; }

    public IReadOnlyList<string>? Groups { get; init; }

    public TimeSpan? ReportingInterval { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>The first thing that is wrong, or null.</summary>
    public string? Check() =>
        (Model is null ? null : DeviceId.Check("model", Model))
        ?? CheckPlatform(Platform)
        ?? CheckInterval(ReportingInterval)
        ?? CheckGroups()
        ?? CheckLabels();

    public Device ApplyTo(Device device) => device with
    {
        Model = Model,
        Platform = Platform,
        Groups = [.. (Groups ?? []).Distinct(StringComparer.Ordinal)],
        ReportingInterval = ReportingInterval,
        Labels = Labels ?? new Dictionary<string, string>(),
    };

    /// <summary>OCI image specification: os/architecture[/variant], in the spelling of Go's GOOS and GOARCH.</summary>
    internal static string? CheckPlatform(string? platform) => platform is null || Platforms().IsMatch(platform)
        ? null
        : "platform must be os/architecture[/variant], for example linux/arm64/v8.";

    internal static string? CheckInterval(TimeSpan? interval) =>
        interval is null || (interval >= MinInterval && interval <= MaxInterval) ? null : "reportingInterval must be between PT1S and P366D.";

    private string? CheckGroups()
    {
        if (Groups is not { } groups)
            return null;
        return groups.Count > MaxGroups ? $"groups may have {MaxGroups} entries at most."
            : groups.Any(g => !DeviceId.IsValid(g)) ? DeviceId.Check("Each of groups", null)
            : null;
    }

    private string? CheckLabels()
    {
        if (Labels is not { } labels)
            return null;
        return labels.Count > MaxLabels ? $"labels may have {MaxLabels} entries at most."
            : labels.Keys.Any(k => !DeviceId.IsValid(k)) ? DeviceId.Check("Each name in labels", null)
            : labels.Values.Any(v => v is null || v.Length > MaxLabelLength || v.Any(char.IsControl)) ? $"Each value in labels must be text of {MaxLabelLength} characters at most, without control characters."
            : labels.Values.Sum(v => v.Length) > MaxLabelsLength ? $"The values in labels may have {MaxLabelsLength} characters together."
            : null;
    }

    [GeneratedRegex(@"\A[a-z0-9]{1,32}/[a-z0-9_]{1,32}(/[a-z0-9.]{1,32})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Platforms();
}
