using System.Text.Json;
using System.Text.Json.Nodes;

namespace IoTBackend.Cli.Connect;

/// <summary>
/// Named backends in <c>$XDG_CONFIG_HOME/iot/config.json</c> (default <c>~/.config/iot/config.json</c>):
/// <c>{"profiles":{"prod":{"url":"https://...","key":"..."}}}</c>. It holds keys, so nobody else may be able to read it.
/// </summary>
internal static class Profiles
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    public static string File(Surroundings around) => Path.Combine(
        around.Setting("XDG_CONFIG_HOME") ?? (around.Setting("HOME") is { } home ? Path.Combine(home, ".config") : System.Environment.GetFolderPath(System.Environment.SpecialFolder.ApplicationData)),
        "iot", "config.json");

    /// <exception cref="CliException">There is no such profile, or the file is not to be trusted.</exception>
    public static Connection Find(Surroundings around, string name)
    {
        var file = File(around);
        if (Read(file)[name] is not JsonObject profile)
            throw CliException.Usage($"there is no profile '{name}' in {file}; iot profiles set {name} --url URL makes it.");
        if (Text(profile["url"]) is not { } url || Text(profile["key"]) is not { } key)
            throw CliException.Usage($"profile '{name}' in {file} needs \"url\" and \"key\".");
        return new(Connection.Address(url), key.Trim(), $"profile {name}");
    }

    /// <summary>Names and addresses.</summary>
    public static IReadOnlyList<(string Name, string Url)> All(Surroundings around) =>
        [.. Read(File(around)).Select(entry => (entry.Key, Text((entry.Value as JsonObject)?["url"]) ?? ""))];

    /// <summary>Adds or replaces a profile; the file is its owner's alone from the first byte on.</summary>
    public static void Set(Surroundings around, string name, Uri url, string key)
    {
        var file = File(around);
        var profiles = Read(file);
        profiles[name] = new JsonObject { ["url"] = url.OriginalString, ["key"] = key };
        Save(file, profiles);
    }

    /// <returns>False where there is none of that name.</returns>
    public static bool Remove(Surroundings around, string name)
    {
        var file = File(around);
        var profiles = Read(file);
        if (!profiles.Remove(name))
            return false;
        Save(file, profiles);
        return true;
    }

    private static void Save(string file, JsonObject profiles)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file) ?? ".");
        var draft = $"{file}.{System.Environment.ProcessId}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(draft, options))
        using (var writer = new Utf8JsonWriter(stream, new() { Indented = true }))
            new JsonObject { ["profiles"] = profiles.DeepClone() }.WriteTo(writer);
        System.IO.File.Move(draft, file, overwrite: true);
    }

    private static JsonObject Read(string file)
    {
        if (!System.IO.File.Exists(file))
            return [];
        if (!OperatingSystem.IsWindows() && (System.IO.File.GetUnixFileMode(file) & Others) != 0)
            throw CliException.Usage($"{file} holds keys and others can read it. Do: chmod 600 {file}, and think of new keys.");
        try
        {
            return JsonNode.Parse(System.IO.File.ReadAllText(file)) is JsonObject { } whole ? whole["profiles"] as JsonObject ?? [] : [];
        }
        catch (JsonException wrong)
        {
            throw CliException.Usage($"{file} is not JSON: line {wrong.LineNumber + 1}.");
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;
}
