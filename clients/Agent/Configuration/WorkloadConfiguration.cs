using System.Text.Json.Serialization;

namespace IoTBackend.Agent.Configuration;

internal enum Strategy
{
    /// <summary>The old container is stopped before the new one starts: ports and devices are free for it.</summary>
    Replace,

    /// <summary>The new one starts while the old one runs, which goes when the new one has proved itself.</summary>
    Beside,
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record WorkloadConfiguration
{
    public Strategy Strategy { get; set; }

    /// <summary>How long an image without HEALTHCHECK has to run without a restart, PT1S to PT1H.</summary>
    [JsonConverter(typeof(Core.Shared.DurationConverter))]
    public TimeSpan Settle { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an image may take to be healthy, or to pass <see cref="Check"/>, PT1S to PT24H.</summary>
    [JsonConverter(typeof(Core.Shared.DurationConverter))]
    public TimeSpan HealthyWithin { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>A command inside the new container that has to end with 0 besides.</summary>
    public IReadOnlyList<string> Check { get; set; } = [];

    /// <summary>While this file of the host exists the workload is not replaced.</summary>
    public string? LockFile { get; set; }

    /// <summary>
    /// A command inside the running container, asked before it is replaced: 0 = now; anything else defers. It may print
    /// <c>{"until":"2026-11-28T20:00:00Z","reason":"pumping"}</c>.
    /// </summary>
    public IReadOnlyList<string> Ask { get; set; } = [];

    /// <summary>The longest that <see cref="LockFile"/> and <see cref="Ask"/> put an update off, PT1M to P365D, of the time in which the agent runs; null = for ever.</summary>
    [JsonConverter(typeof(Core.Shared.DurationConverter))]
    public TimeSpan? DeferAtMost { get; set; }

    /// <summary>For the old container to end by itself, PT0S to PT10M.</summary>
    [JsonConverter(typeof(Core.Shared.DurationConverter))]
    public TimeSpan StopWithin { get; set; } = TimeSpan.FromSeconds(10);

    public ContainerOptions Options { get; set; } = new();

    /// <summary>What is wrong with what the file says of it; null = nothing. Its containers are then left as they are.</summary>
    [JsonIgnore]
    public string? Fault { get; init; }
}

/// <summary>All that a container may get of its host. The backend can ask for none of it, and an image that asks for more than stands here is refused.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record ContainerOptions
{
    /// <summary><c>host</c>, <c>none</c>, or a network of the engine; null = the engine's own.</summary>
    public string? Network { get; set; }

    public IReadOnlyDictionary<string, string> Environment { get; set; } = new Dictionary<string, string>();

    /// <summary>Arguments instead of the image's.</summary>
    public IReadOnlyList<string> Command { get; set; } = [];

    public string? User { get; set; }

    public IReadOnlyList<PortOption> Ports { get; set; } = [];

    public IReadOnlyList<MountOption> Mounts { get; set; } = [];

    /// <summary>Paths below <c>/dev</c>.</summary>
    public IReadOnlyList<string> Devices { get; set; } = [];

    /// <summary>Without <c>CAP_</c>.</summary>
    public IReadOnlyList<string> Capabilities { get; set; } = [];

    public bool Privileged { get; set; }

    /// <summary>The container's own file system.</summary>
    public bool ReadOnly { get; set; }

    public int? MemoryMegabytes { get; set; }

    /// <summary>Processes and threads at once, as the kernel's pids controller counts them; 0 = as the engine is configured, which may be as many as the device can have.</summary>
    public int PidsLimit { get; set; } = 1024;

    /// <summary>Of the container's log, twice; 0 = as the engine is configured, which may be without end.</summary>
    public int LogMegabytes { get; set; } = 10;
}

/// <param name="Host">A port of the host.</param>
/// <param name="Container"><c>port/protocol</c>.</param>
/// <param name="Address">Of the host to listen on.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record PortOption(string Host, string Container, string Address = "127.0.0.1");

/// <param name="Source">A path of the host.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record MountOption(string Source, string Target, bool Writable = false);
