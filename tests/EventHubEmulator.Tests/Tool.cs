using System.Diagnostics;

namespace EventHubEmulator.Tests;

/// <summary>Runs a program of another language to its end.</summary>
internal static class Tool
{
    public static string Folder { get; } = Find("tests/EventHubEmulator.Tests");

    public static string Find(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, path) is var found && Path.Exists(found)) return found;
        throw new InvalidOperationException($"{path} was not found above {AppContext.BaseDirectory}.");
    }

    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string program, string folder, TimeSpan limit, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var timeout = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} took longer than {limit}.");
        }
        return (process.ExitCode, await output, await error);
    }

    /// <summary>The npm clients, installed once from the lock file, however many tests ask at a time.</summary>
    public static Task<string> NodeFolderAsync() => Installed.Value;

    private static readonly Lazy<Task<string>> Installed = new(InstallAsync);

    private static async Task<string> InstallAsync()
    {
        var folder = Path.Combine(Folder, "node");
        // What npm writes last.
        if (File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json"))) return folder;
        var (exitCode, _, error) = await RunAsync("npm", folder, TimeSpan.FromMinutes(5), "ci", "--no-audit", "--no-fund");
        return exitCode == 0 ? folder : throw new InvalidOperationException($"npm ci in {folder} failed: {error}");
    }
}
