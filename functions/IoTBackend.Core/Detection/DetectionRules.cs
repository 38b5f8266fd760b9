using System.Text.Json;
using System.Text.RegularExpressions;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Detection;

/// <summary>
/// The rules of a fleet as one JSON document, so that a change of them can be kept, compared and replayed:
/// <c>{"groups":{"NAME":{"quorum":0.6,"minimumMembers":2}},"models":[{"match":"GLOB on device id","reportingInterval":"PT10M","group":"NAME", ...}]}</c>.
/// The first model that matches applies; the fields of a model are those of <see cref="ModelRules"/> and <see cref="BatterySpecification"/>
/// in camel case, side by side; what is absent or null keeps its default, what is unknown is ignored.
/// </summary>
public sealed class DetectionRules
{
    private readonly List<(Regex Match, DetectionPolicy Policy, string? Group)> _models = [];
    private readonly Dictionary<string, GroupOutagePolicy> _groups = new(StringComparer.Ordinal);

    private DetectionRules()
    {
    }

    public IReadOnlyDictionary<string, GroupOutagePolicy> Groups => _groups;

    /// <summary>Parses and validates; all errors at once, one line each.</summary>
    public static Result<DetectionRules> Parse(ReadOnlySpan<byte> json)
    {
        var rules = new DetectionRules();
        var errors = new List<string>();
        try
        {
            var document = JsonSerializer.Deserialize<Document>(json, Json);
            foreach (var (name, group) in document?.Groups ?? [])
                rules.Add(name, group ?? new(), errors);
            foreach (var model in document?.Models ?? [])
                rules.Add(model, errors);
        }
        catch (JsonException exception)
        {
            errors.Add(exception.Message);
        }
        return errors.Count == 0 ? rules : Result<DetectionRules>.Rejected(string.Join('\n', errors));
    }

    /// <summary>The rules for a device, and the group it belongs to.</summary>
    public (DetectionPolicy Policy, string? Group) For(string deviceId)
    {
        foreach (var (match, policy, group) in _models)
        {
            if (match.IsMatch(deviceId))
                return (policy, group);
        }
        return (new(), null);
    }

    private void Add(string name, GroupOutagePolicy group, List<string> errors)
    {
        _groups[name] = group;
        errors.AddRange(group.Errors().Select(e => $"group {name}: {e}"));
    }

    /// <summary>Each model on its own, so that what is wrong with one hides nothing of the next.</summary>
    private void Add(JsonElement json, List<string> errors)
    {
        var match = json.ValueKind == JsonValueKind.Object && json.TryGetProperty("match", out var text) ? text.ToString() : "?";
        try
        {
            var model = json.Deserialize<Model>(Json) ?? new();
            if (model.Match is null)
                errors.Add("a model has no match");
            if (model.Group is { } group && !_groups.ContainsKey(group))
                errors.Add($"model {match}: group {group} is not declared under groups");
            errors.AddRange(model.Errors().Select(e => $"model {match}: {e}"));
            _models.Add((Glob(match), DetectionPolicy.For(null, model), model.Group));
        }
        catch (JsonException exception)
        {
            errors.Add($"model {match}: {exception.Message}");
        }
    }

    /// <summary><c>*</c>, <c>?</c> and <c>[...]</c>, case-sensitive, as in a shell.</summary>
    private static Regex Glob(string pattern)
    {
        var escaped = Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal).Replace(@"\?", ".", StringComparison.Ordinal);
        escaped = Regex.Replace(escaped, @"\\\[(!?)([^\]]+)\]", m => $"[{(m.Groups[1].Length > 0 ? "^" : "")}{m.Groups[2].Value}]");
        return new($"\\A{escaped}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.Singleline);
    }

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        Converters = { new DurationConverter() },
    };

    private sealed record Document(Dictionary<string, GroupOutagePolicy?>? Groups, List<JsonElement>? Models);

    private sealed record Model : ModelRules
    {
        public string? Match { get; init; }

        public string? Group { get; init; }

        public string? Chemistry { init => Battery = (Battery ?? new()) with { Chemistry = value }; }

        public double? LowVoltage { init => Battery = (Battery ?? new()) with { LowVoltage = value }; }

        public double? CriticalVoltage { init => Battery = (Battery ?? new()) with { CriticalVoltage = value }; }

        public double? LowPercent { init => Battery = (Battery ?? new()) with { LowPercent = value }; }

        public double? CriticalPercent { init => Battery = (Battery ?? new()) with { CriticalPercent = value }; }
    }
}
