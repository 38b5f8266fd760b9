using System.Diagnostics;
using System.Runtime.CompilerServices;
using IoTBackend.Stack;

namespace Local.Tests.ContainerRegistry;

/// <summary>Debian's docker-registry on a free port, its data in a temporary folder. Null where it is not installed: such tests are skipped.</summary>
public sealed class RegistryProcess : IAsyncDisposable
{
    public const string NotInstalled = "docker-registry and skopeo are not installed (apt-get install docker-registry skopeo)";

    private readonly Process _process;
    private readonly DirectoryInfo _folder;

    private RegistryProcess(Process process, DirectoryInfo folder, int port) => (_process, _folder, Host) = (process, folder, $"127.0.0.1:{port}");

    public string Host { get; }

    public Uri Endpoint => new($"http://{Host}");

    public static string PushImage => Path.Combine(Root(), "scripts", "push-image");

    public static bool IsInstalled => Find("docker-registry") is not null && Find("skopeo") is not null;

    /// <param name="more">Further top-level configuration (<c>auth:</c>, <c>notifications:</c>), YAML.</param>
    public static async Task<RegistryProcess> StartAsync(string more = "")
    {
        var folder = Directory.CreateTempSubdirectory("registry");
        var port = FreePorts.Take(1)[0];
        var configuration = Path.Combine(folder.FullName, "config.yml");
        await File.WriteAllTextAsync(configuration, $$"""
            version: 0.1
            log: {level: error}
            storage:
              filesystem: { rootdirectory: {{folder.FullName}}/data }
              delete: {enabled: true}
            http: { addr: "127.0.0.1:{{port}}" }
            {{more}}
            """);
        var start = new ProcessStartInfo(Find("docker-registry")!, ["serve", configuration]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var registry = new RegistryProcess(Process.Start(start)!, folder, port);
        _ = registry._process.StandardOutput.ReadToEndAsync();
        var errors = registry._process.StandardError.ReadToEndAsync();
        using var http = new HttpClient();
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(registry.Endpoint, "/v2/"));
                return registry;
            }
            catch (HttpRequestException) when (tries < 100 && !registry._process.HasExited)
            {
                await Task.Delay(100);
            }
            catch (HttpRequestException)
            {
                await registry.DisposeAsync();
                throw new InvalidOperationException($"docker-registry did not start: {await errors}");
            }
        }
    }

    /// <summary>Runs <c>scripts/push-image</c>; returns the digest of the index.</summary>
    public Task<string> PushAsync(string tag, params string[] more) => RunAsync(PushImage, ["--registry", Host, "--tag", tag, .. more]);

    public static async Task<string> RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException(await errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(here, "../../../.."));

    private static string? Find(string command) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists);
}
