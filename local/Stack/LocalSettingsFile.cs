using System.Text.Json;

namespace IoTBackend.Stack;

/// <summary>
/// <c>local.settings.json</c> beside the app, with the settings of the stack that runs: <c>func start</c> there runs the app under Azure's own
/// host on this stack's storage and hub, where Core Tools are installed.
/// </summary>
internal static class LocalSettingsFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <param name="path">Written where it differs: a newer file would have the app built again.</param>
    /// <param name="appSettings">By their own names.</param>
    public static void Write(string path, IReadOnlyDictionary<string, string> appSettings)
    {
        var values = new Dictionary<string, string>(appSettings) { ["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated" };
        var text = JsonSerializer.Serialize(new { IsEncrypted = false, Values = values }, Indented) + "\n";
        if (!File.Exists(path) || File.ReadAllText(path) != text)
            PrivateFile.Write(path, text);
    }
}
