using System.Globalization;
using System.Text.Json;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.State;

/// <summary>
/// Which devices an operator asks for: terms separated by spaces, all of which must hold.
/// <c>status:offline model:m group:g platform:linux/arm64 label.site:x image:sha256:... id:prefix battery&lt;20</c>.
/// </summary>
public sealed class FleetFilter
{
    private const int MaxTerms = 16;

    private static readonly string[] Names = ["model", "group", "platform", "image", "id"];

    private static readonly string[] Statuses = [.. Enum.GetNames<DeviceStatus>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    private readonly List<Func<FleetEntry, bool>> _terms = [];

    public static Result<FleetFilter> Parse(string? text)
    {
        var filter = new FleetFilter();
        foreach (var term in (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (Term(term) is not { } parsed)
                return Result<FleetFilter>.Rejected(WhyNot(term));
            filter._terms.Add(parsed);
        }

        return filter._terms.Count > MaxTerms ? Result<FleetFilter>.Rejected($"filter: {MaxTerms} terms at most.") : filter;
    }

    public bool Matches(FleetEntry entry) => _terms.TrueForAll(term => term(entry));

    private static string WhyNot(string term)
    {
        var name = term.Split(':', '<')[0];
        var shown = term.Length <= 64 ? term : $"{term[..64]}...";
        return name == "status" ? $"filter: status is one of {string.Join(", ", Statuses)}, not '{shown}'."
            : name == "battery" ? "filter: battery<PERCENT, 0 to 100."
            : Names.Contains(name) || name.StartsWith("label.", StringComparison.Ordinal) ? $"filter: '{shown}' has no value; write {name}:VALUE."
            : $"filter: '{shown}' is not known; {Spelling.Suggest(name, [.. Names, "status", "battery", "label.NAME"])}";
    }

    private static Func<FleetEntry, bool>? Term(string term)
    {
        if (term.StartsWith("battery<", StringComparison.Ordinal))
            return double.TryParse(term.AsSpan("battery<".Length), CultureInfo.InvariantCulture, out var percent) && percent is >= 0 and <= 100
                ? e => e.Condition?.Battery?.Percent < percent
                : null;
        var colon = term.IndexOf(':');
        if (colon < 0 || colon == term.Length - 1)
            return null;
        var value = term[(colon + 1)..];
        return term[..colon] switch
        {
            "status" when Enum.TryParse<DeviceStatus>(value, ignoreCase: true, out var status) && char.IsAsciiLetter(value[0]) && !value.Contains(',') => e => e.Status == status,
            "model" => e => e.Device.Model == value,
            "platform" => e => e.Device.Platform == value,
            "group" => e => e.Device.Groups.Contains(value),
            "image" => e => e.Condition?.Images.Values.Contains(value) ?? false,
            "id" => e => e.Device.Id.StartsWith(value, StringComparison.OrdinalIgnoreCase),
            ['l', 'a', 'b', 'e', 'l', '.', .. var label] => e => e.Device.Labels.GetValueOrDefault(label) == value,
            _ => null,
        };
    }
}

/// <summary>A device with what it reports; null = nothing was heard of it.</summary>
public sealed record FleetEntry(Device Device, DeviceCondition? Condition)
{
    public DeviceStatus Status => Device.Enabled ? Condition?.Status ?? DeviceStatus.NeverSeen : DeviceStatus.Disabled;
}
