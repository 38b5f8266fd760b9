using System.Diagnostics;

namespace Agent.Tests.Engines;

/// <summary>A real engine with a socket, a store and a runtime folder of its own, so that it touches no other of the machine.</summary>
internal sealed class EngineProcess : IAsyncDisposable
{
    private readonly string _folder;
    private readonly ProcessStartInfo _start;
    private Process? _process;

    private EngineProcess(string folder, ProcessStartInfo start) => (_folder, _start) = (folder, start);

    public string Socket => Path.Combine(_folder, "engine.sock");

    /// <summary>Null = it can be started here.</summary>
    public static string? WhyNot(string kind)
    {
        var program = kind == "docker" ? "dockerd" : "podman";
        if (Find(program) is null)
            return $"{program} is not installed (apt-get install {(kind == "docker" ? "docker.io" : "podman")})";
        if (Find("runc") is null)
            return "runc is not installed (apt-get install runc)";
        return Environment.IsPrivilegedProcess ? null : $"{program} needs root here";
    }

    /// <param name="kind"><c>docker</c> or <c>podman</c></param>
    /// <param name="registry">Spoken to by http.</param>
    public static async Task<EngineProcess> StartAsync(string kind, string registry)
    {
        // Short: a socket's path has at most 108 bytes.
        var folder = Directory.CreateTempSubdirectory("eng").FullName;
        var engine = new EngineProcess(folder, kind == "docker" ? Docker(folder) : await PodmanAsync(folder, registry));
        await engine.StartAsync();
        return engine;
    }

    /// <summary>As an upgrade of it does.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    private async Task StopAsync()
    {
        using (var terminate = Process.Start("kill", ["-TERM", $"{_process!.Id}"]))
            await terminate.WaitForExitAsync();
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
    }

    private async Task StartAsync()
    {
        File.Delete(Path.Combine(_folder, "pid"));
        File.Delete(Socket);
        _process = Process.Start(_start)!;
        _ = _process.StandardOutput.ReadToEndAsync();
        _ = _process.StandardError.ReadToEndAsync();
        using var engine = new IoTBackend.Agent.Engine.DockerEngine(Socket, "nobody");
        for (var tries = 0; ; tries++)
        {
            try
            {
                await engine.InfoAsync(CancellationToken.None);
                return;
            }
            catch (IoTBackend.Agent.Engine.EngineUnavailableException) when (tries < 600 && !_process.HasExited)
            {
                await Task.Delay(100);
            }
        }
    }

    private static ProcessStartInfo Docker(string folder) => Quiet(new(Find("dockerd")!,
    [
        "--data-root", $"{folder}/data", "--exec-root", $"{folder}/exec", "--pidfile", $"{folder}/pid", "--host", $"unix://{folder}/engine.sock",
        "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
    ]));

    /// <summary>Without systemd: its cgroups are the kernel's, its health checks stand still, and lower limits are what a container's root may have here.</summary>
    private static async Task<ProcessStartInfo> PodmanAsync(string folder, string registry)
    {
        await File.WriteAllTextAsync($"{folder}/registries.conf", $"unqualified-search-registries = []\n[[registry]]\nlocation = \"{registry}\"\ninsecure = true\n");
        await File.WriteAllTextAsync($"{folder}/containers.conf", """
            [containers]
            default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
            [engine]
            runtime = "runc"
            events_logger = "file"
            cgroup_manager = "cgroupfs"
            """);
        return Quiet(new(Find("podman")!,
        [
            "--root", $"{folder}/root", "--runroot", $"{folder}/run", "--tmpdir", $"{folder}/tmp", "--storage-driver", "overlay",
            "system", "service", "--time=0", $"unix://{folder}/engine.sock",
        ])
        { Environment = { ["CONTAINERS_CONF"] = $"{folder}/containers.conf", ["CONTAINERS_REGISTRIES_CONF"] = $"{folder}/registries.conf" } });
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;
        await StopAsync();
        // What it had mounted, the innermost first.
        var mounts = (await File.ReadAllLinesAsync("/proc/mounts")).Select(l => l.Split(' ')[1]).Where(m => m.StartsWith(_folder + "/", StringComparison.Ordinal));
        foreach (var mount in mounts.Reverse())
        {
            using var unmount = Process.Start(new ProcessStartInfo("umount", ["-l", mount]) { RedirectStandardError = true })!;
            await unmount.WaitForExitAsync();
        }

        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A shim that is still ending writes its last words.
        }
    }

    private static ProcessStartInfo Quiet(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        return start;
    }

    private static string? Find(string command) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin")
        .Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists);
}
