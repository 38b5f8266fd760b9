using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace IoTBackend.FunctionsHost.Settings;

/// <summary>App settings by the names Functions gives them: <c>Section__Key</c>. Remembers what was asked for in vain.</summary>
internal sealed partial class AppSettings(IConfiguration configuration)
{
    private readonly SortedSet<string> missing = new(StringComparer.OrdinalIgnoreCase);

    public string? this[string name] => configuration[Key(name)];

    /// <summary><c>AzureWebJobs.{function}.Disabled</c>, on Linux also <c>AzureWebJobs__{function}__Disabled</c>.</summary>
    public bool Disables(string function) =>
        bool.TryParse(this[$"AzureWebJobs.{function}.Disabled"] ?? this[$"AzureWebJobs__{function}__Disabled"], out var disabled) && disabled;

    public IConfigurationSection Section(string name) => configuration.GetSection(Key(name));

    /// <summary>Replaces every <c>%Name%</c> by the setting of that name.</summary>
    public string Resolve(string text) => Placeholder().Replace(text, match => Required(match.Groups[1].Value));

    public string Required(string name)
    {
        if (this[name] is { Length: > 0 } value)
            return value;
        missing.Add(name);
        return "";
    }

    /// <summary>Throws one exception that names everything missing.</summary>
    public void ThrowIfMissing()
    {
        if (missing.Count > 0)
            throw new HostException(
                $"Missing app settings: {string.Join(", ", missing)}. Set them as environment variables or in local.settings.json under Values.");
    }

    private static string Key(string name) => name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal);

    [GeneratedRegex("%([^%]+)%")]
    private static partial Regex Placeholder();
}
