using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;

namespace IoTBackend.Local.FunctionsHost.Settings;

/// <summary>host.json and local.settings.json, looked for beside the app and then in the current directory.</summary>
internal static class SettingFiles
{
    /// <summary>The <c>Values</c> of local.settings.json, under the keys the environment would give them.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> LocalSettings()
    {
        if (Find("local.settings.json") is not { } path)
            return [];
        try
        {
            using var document = JsonDocument.Parse(
                File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return !document.RootElement.TryGetProperty("Values", out var values)
                ? []
                : values.EnumerateObject().Select(value => KeyValuePair.Create(
                    value.Name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal), (string?)value.Value.ToString())).ToList();
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw new InvalidOperationException($"{path} is not a settings file: {wrong.Message}", wrong);
        }
    }

    public static IConfiguration HostJson(IConfiguration overrides)
    {
        var builder = new ConfigurationBuilder();
        if (Find("host.json") is { } path)
            builder.Add(new JsonConfigurationSource
            {
                FileProvider = new PhysicalFileProvider(Path.GetDirectoryName(path)!),
                Path = "host.json",
            });
        return builder.AddConfiguration(overrides.GetSection("AzureFunctionsJobHost")).Build();
    }

    private static string? Find(string name) =>
        new[] { AppContext.BaseDirectory, Directory.GetCurrentDirectory() }.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
