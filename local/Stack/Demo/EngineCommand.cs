namespace IoTBackend.Stack.Demo;

/// <summary>How a container engine is started that touches none of the machine's: with a socket, a store and a runtime folder of its own, and without a network.</summary>
/// <param name="Arguments">The program and its arguments.</param>
internal sealed record EngineCommand(IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment)
{
    private static readonly string[] Kinds = ["docker", "podman"];
    private static readonly string[] Folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>What is installed of dockerd and podman, the better known one first.</summary>
    public static IEnumerable<string> Installed => Kinds.Where(kind => WhyNot(kind) is null);

    /// <summary>Null = it can be started here.</summary>
    /// <param name="kind"><c>docker</c> or <c>podman</c></param>
    public static string? WhyNot(string kind)
    {
        var program = ProgramOf(kind);
        if (Find(program) is null)
            return $"{program} is not installed (apt-get install {(kind == "docker" ? "docker.io" : "podman")})";
        if (Find("runc") is null)
            return "runc is not installed (apt-get install runc)";
        return System.Environment.IsPrivilegedProcess ? null : $"{program} needs root here";
    }

    public static string SocketIn(string folder) => Path.Combine(folder, "engine.sock");

    /// <param name="kind"><c>docker</c> or <c>podman</c>; it is installed.</param>
    /// <param name="folder">Gets all it writes.</param>
    /// <param name="registry">On this machine, spoken to by http.</param>
    public static EngineCommand Of(string kind, string folder, string registry) => kind == "docker" ? Docker(folder) : Podman(folder, registry);

    private static EngineCommand Docker(string folder) => new(
        [
            Find("dockerd")!, "--data-root", $"{folder}/data", "--exec-root", $"{folder}/exec", "--pidfile", $"{folder}/pid", "--host", $"unix://{SocketIn(folder)}",
            "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
        ],
        new Dictionary<string, string>());

    /// <summary>As without systemd: its cgroups are the kernel's, its health checks stand still; and lower limits are what root may have inside a container.</summary>
    private static EngineCommand Podman(string folder, string registry)
    {
        File.WriteAllText($"{folder}/registries.conf", $"unqualified-search-registries = []\n[[registry]]\nlocation = \"{registry}\"\ninsecure = true\n");
        File.WriteAllText($"{folder}/containers.conf", """
            [containers]
            default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
            [engine]
            runtime = "runc"
            events_logger = "file"
            cgroup_manager = "cgroupfs"
            """);
        return new(
            [
                Find("podman")!, "--root", $"{folder}/root", "--runroot", $"{folder}/run", "--tmpdir", $"{folder}/tmp", "--storage-driver", "overlay",
                "system", "service", "--time=0", $"unix://{SocketIn(folder)}",
            ],
            new Dictionary<string, string> { ["CONTAINERS_CONF"] = $"{folder}/containers.conf", ["CONTAINERS_REGISTRIES_CONF"] = $"{folder}/registries.conf", ["TMPDIR"] = folder });
    }

    private static string ProgramOf(string kind) => kind == "docker" ? "dockerd" : "podman";

    private static string? Find(string command) => Folders.Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists);
}
