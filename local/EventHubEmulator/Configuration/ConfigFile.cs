using System.Text.Json;
using System.Text.RegularExpressions;
using IoTBackend.EventHubEmulator.Authorization;

namespace IoTBackend.EventHubEmulator.Configuration;

/// <summary>
/// Reads the file of Microsoft's emulator: <c>UserConfig.NamespaceConfig[].Entities[]</c> with Name, PartitionCount and ConsumerGroups[].Name, plus
/// AuthorizationRules[] with Name, PrimaryKey, optionally SecondaryKey, and Rights, on an entity or on the namespace. Unknown members are ignored.
/// </summary>
internal static partial class ConfigFile
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNameCaseInsensitive = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <exception cref="InvalidDataException">All that is wrong with the file, one line each.</exception>
    public static NamespaceConfig Read(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"cannot read {path}: {error.Message}");
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"{path}: {error.Message}");
        }
    }

    public static NamespaceConfig Parse(string json)
    {
        Root? root;
        try
        {
            root = JsonSerializer.Deserialize<Root>(json, Format);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"no valid configuration: {error.Message}");
        }
        var problems = new List<string>();
        var namespaces = root?.UserConfig?.NamespaceConfig ?? [];
        if (namespaces.Length == 0) problems.Add("UserConfig.NamespaceConfig[] is missing or empty");
        var entities = namespaces.SelectMany(one => one.Entities ?? []).ToArray();
        if (namespaces.Length > 0 && entities.Length == 0) problems.Add("Entities[] is missing or empty");
        var rules = new List<AuthorizationRule> { NamespaceConfig.RootRule };
        foreach (var one in namespaces) rules.AddRange(Rules(one.AuthorizationRules, null, problems));
        var hubs = new List<HubConfig>();
        foreach (var entity in entities)
        {
            Check(entity, hubs, problems);
            rules.AddRange(Rules(entity.AuthorizationRules, entity.Name, problems));
            hubs.Add(new(entity.Name ?? "", entity.PartitionCount ?? 1, [.. (entity.ConsumerGroups ?? []).Select(group => group.Name ?? "")]));
        }
        return problems.Count == 0 ? new(hubs, rules) : throw new InvalidDataException(string.Join("; ", problems));
    }

    private static void Check(Entity entity, List<HubConfig> earlier, List<string> problems)
    {
        // The name is a directory as well.
        if (entity.Name is null || !EntityName().IsMatch(entity.Name)) problems.Add($"'{entity.Name}' is no hub name: letters, digits, '.', '-' and '_', at most 256, the first a letter or digit");
        else if (earlier.Exists(hub => hub.Name.Equals(entity.Name, StringComparison.OrdinalIgnoreCase))) problems.Add($"the hub '{entity.Name}' is there twice");
        if (entity.PartitionCount is < 1 or > 32) problems.Add($"PartitionCount of '{entity.Name}' is {entity.PartitionCount}, not 1 to 32");
        foreach (var group in entity.ConsumerGroups ?? [])
            if (group.Name is null || !GroupName().IsMatch(group.Name)) problems.Add($"'{group.Name}' is no name of a consumer group");
    }

    private static IEnumerable<AuthorizationRule> Rules(RuleEntry[]? entries, string? hub, List<string> problems)
    {
        foreach (var entry in entries ?? [])
        {
            if (entry.Name is not { Length: > 0 and <= 256 } || entry.PrimaryKey is not { Length: > 0 and <= 256 })
            {
                problems.Add($"the rule '{entry.Name}' needs a Name and a PrimaryKey of 1 to 256 characters");
                continue;
            }
            var rights = AccessRights.None;
            foreach (var right in entry.Rights ?? [])
            {
                if (Enum.TryParse<AccessRights>(right, ignoreCase: true, out var known) && known != AccessRights.None && !char.IsDigit(right[0])) rights |= known;
                else problems.Add($"'{right}' of the rule '{entry.Name}' is none of Send, Listen, Manage");
            }
            yield return new(entry.Name, entry.PrimaryKey, rights, hub);
            if (entry.SecondaryKey is { Length: > 0 }) yield return new(entry.Name, entry.SecondaryKey, rights, hub);
        }
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$")]
    private static partial Regex EntityName();

    [GeneratedRegex("^[A-Za-z0-9$][A-Za-z0-9._-]{0,49}$")]
    private static partial Regex GroupName();

    private sealed record Root(UserConfig? UserConfig);

    private sealed record UserConfig(NamespaceEntry[]? NamespaceConfig);

    private sealed record NamespaceEntry(Entity[]? Entities, RuleEntry[]? AuthorizationRules);

    private sealed record Entity(string? Name, int? PartitionCount, GroupEntry[]? ConsumerGroups, RuleEntry[]? AuthorizationRules);

    private sealed record GroupEntry(string? Name);

    private sealed record RuleEntry(string? Name, string? PrimaryKey, string? SecondaryKey, string[]? Rights);
}
