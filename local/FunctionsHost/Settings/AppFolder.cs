using System.Text.Json;

namespace IoTBackend.FunctionsHost.Settings;

/// <summary>A built isolated-worker app: the folder with its <c>host.json</c> and the <c>worker.config.json</c> that Worker.Sdk writes.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Program">The assembly, or the program, that is the worker.</param>
internal sealed record AppFolder(string Path, string Program)
{
    /// <summary>As locks and timers are filed under: the assembly's name in lower case.</summary>
    public string HostId => System.IO.Path.GetFileNameWithoutExtension(Program).ToLowerInvariant();

    /// <summary>What starts the worker, without the arguments that are the host's.</summary>
    public IReadOnlyList<string> Command => Program.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) ? ["dotnet", Program] : [Program];

    /// <exception cref="HostException">There is no such app.</exception>
    public static AppFolder Open(string path)
    {
        var folder = System.IO.Path.GetFullPath(path);
        var config = System.IO.Path.Combine(folder, "worker.config.json");
        if (!File.Exists(config))
            throw new HostException($"{folder} holds no isolated-worker app: worker.config.json is missing. Name the folder that dotnet build or dotnet publish has written.");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(config));
            var description = document.RootElement.GetProperty("description");
            var program = System.IO.Path.Combine(folder, description.GetProperty("defaultWorkerPath").GetString() ?? "");
            return File.Exists(program) ? new(folder, program) : throw new HostException($"{config} names {program}, which is not there.");
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new HostException($"{config} is not what Worker.Sdk writes: {wrong.Message}");
        }
    }
}
