using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace IoTBackend.FunctionsHost.Settings;

/// <summary>The two files beside an app: <c>local.settings.json</c> and <c>host.json</c>.</summary>
internal static class SettingFiles
{
    /// <summary>The <c>Values</c> of local.settings.json, under their own names; none where there is no such file.</summary>
    public static IReadOnlyDictionary<string, string> LocalSettings(string folder)
    {
        var path = Path.Combine(folder, "local.settings.json");
        if (!File.Exists(path))
            return new Dictionary<string, string>();
        try
        {
            using var document = JsonDocument.Parse(
                File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return document.RootElement.TryGetProperty("Values", out var values)
                ? values.EnumerateObject().ToDictionary(value => value.Name, value => value.Value.ToString())
                : new Dictionary<string, string>();
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw new HostException($"{path} is not a settings file: {wrong.Message}");
        }
    }

    /// <summary>host.json under the app settings that override it, <c>AzureFunctionsJobHost__path__to__value</c>.</summary>
    public static IConfiguration HostJson(string folder, IConfiguration overrides) => new ConfigurationBuilder()
        .SetBasePath(folder).AddJsonFile("host.json", optional: true)
        .AddConfiguration(overrides.GetSection("AzureFunctionsJobHost")).Build();
}
