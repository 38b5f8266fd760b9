using System.Text.Json;
using System.Text.RegularExpressions;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Detection;

/// <summary>
/// The rules of a fleet as one JSON document, so that a change of them can be kept, compared and replayed:
/// <c>{"groups":{"NAME":{"quorum":0.6,"minimumMembers":2}},"models":[{"match":"GLOB on device id","reportingInterval":"PT10M","group":"NAME", ...}]}</c>.
/// The first model that matches applies; the fields of a model are those of <see cref="ModelRules"/>, and those of
/// <see cref="BatterySpecification"/> either beside them or in a <c>battery</c>; what is absent or null keeps its default, what is unknown is ignored and named.
/// </summary>
public sealed class DetectionRules
{
    private readonly List<(Regex Match, DetectionPolicy Policy, string? Group)> _models = [];
    private readonly Dictionary<string, GroupOutagePolicy> _groups = new(StringComparer.Ordinal);
    private readonly List<string> _ignored = [];

    private DetectionRules()
    {
    }

    public IReadOnlyDictionary<string, GroupOutagePolicy> Groups => _groups;

    /// <summary>Members nobody reads, one sentence each: other programs' additions, or slips.</summary>
    public IReadOnlyList<string> Ignored => _ignored;

    /// <summary>Parses and validates; all errors at once, one line each.</summary>
    public static Result<DetectionRules> Parse(ReadOnlySpan<byte> json)
    {
        var errors = new List<string>();
        var rules = new DetectionRules();
        try
        {
            using var document = JsonDocument.Parse(json.ToArray(), new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (rules.Read<Document>(document.RootElement, "", errors) is { } read)
            {
                foreach (var (name, group) in read.Groups ?? [])
                    rules._groups[name] = group.ValueKind == JsonValueKind.Null ? new() : rules.Read<GroupOutagePolicy>(group, $"group {name}: ", errors) ?? new();
                foreach (var model in read.Models ?? [])
                    rules.Add(model, errors);
            }
        }
        catch (JsonException e)
        {
            errors.Add($"not JSON: see line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
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

    private void Add(JsonElement element, List<string> errors)
    {
        var match = JsonReading.Text(element, "match");
        if (JsonReading.Text(element, "group") is { } group && !_groups.ContainsKey(group))
            errors.Add($"model {match}: group {group} is not declared under groups");
        if (Read<Model>(Gather(element), $"model {match}: ", errors) is not { } model)
            return;
        try
        {
            _models.Add((Glob(model.Match), DetectionPolicy.For(null, model), model.Group));
        }
        catch (ArgumentException e)
        {
            errors.Add($"model {match}: {e.Message}");
        }
    }

    private T? Read<T>(JsonElement element, string who, List<string> errors)
        where T : class
    {
        var unknown = new List<string>();
        var faults = JsonShape.FaultsOf(element, typeof(T), "The member", unknown);
        errors.AddRange(faults.Select(fault => who + fault));
        _ignored.AddRange(unknown.Select(sentence => who + sentence));
        return faults.Count == 0 ? element.Deserialize<T>(WireJson.Options) : null;
    }

    /// <summary><c>*</c>, <c>?</c> and <c>[...]</c>, case-sensitive, as in a shell.</summary>
    private static Regex Glob(string pattern)
    {
        var escaped = Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal).Replace(@"\?", ".", StringComparison.Ordinal);
        escaped = Regex.Replace(escaped, @"\\\[(!?)([^\]]+)\]", m => $"[{(m.Groups[1].Length > 0 ? "^" : "")}{m.Groups[2].Value}]");
        return new($"\\A{escaped}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.Singleline);
    }

    /// <summary>A policy writes a battery's fields beside the others; the record holds them together.</summary>
    private static JsonElement Gather(JsonElement model)
    {
        if (model.ValueKind != JsonValueKind.Object || !model.EnumerateObject().Any(m => BatteryFields.Contains(m.Name)))
            return model;
        var members = model.EnumerateObject().ToLookup(m => BatteryFields.Contains(m.Name));
        var gathered = Members(members[false]);
        gathered["battery"] = JsonSerializer.SerializeToElement(Members(members[true]));
        return JsonSerializer.SerializeToElement(gathered);
    }

    private static Dictionary<string, JsonElement> Members(IEnumerable<JsonProperty> members) =>
        members.GroupBy(m => m.Name, StringComparer.Ordinal).ToDictionary(m => m.Key, m => m.Last().Value, StringComparer.Ordinal);

    private static readonly HashSet<string> BatteryFields = typeof(BatterySpecification).GetProperties().Select(p => p.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);

    private sealed record Document(Dictionary<string, JsonElement>? Groups, IReadOnlyList<JsonElement>? Models);

    private sealed record Model : ModelRules
    {
        public required string Match { get; init; }

        public string? Group { get; init; }
    }
}
