using System.Text.Json;
using System.Text.Json.Serialization;
using IoTBackend.Core.Releases.Evidence.Signatures;

namespace IoTBackend.Agent.Configuration;

/// <summary>
/// The agent's file: JSON, comments and trailing commas allowed, unknown members refused. Paths are absolute. Its members can be set because those
/// that can only be initialised lose their defaults in code that is generated for want of reflection.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record AgentConfiguration
{
    /// <summary>The backend, without <c>/api</c>; https, or http on this machine itself.</summary>
    public required string Server { get; set; }

    /// <summary>1 to 128 of <c>A-Z a-z 0-9 - _ . :</c>; <c>{machine-id}</c> and <c>{hostname}</c> stand for the machine's, so that one file serves a line of devices.</summary>
    public string DeviceId { get; set; } = "{hostname}";

    /// <summary>The device's key, base64 on one line; readable by the agent's user alone. Enrolment writes it.</summary>
    public string KeyFile { get; set; } = "/etc/iot-agent/key";

    /// <summary>A claim token: with it a device without a key gets one.</summary>
    public string? ClaimFile { get; set; }

    public string StateDirectory { get; set; } = "/var/lib/iot-agent";

    /// <summary>The engine's socket.</summary>
    public string Engine { get; set; } = "/var/run/docker.sock";

    /// <summary>Certificates (PEM) the server's and the registries' have to lead to, instead of the system's.</summary>
    public string? CaFile { get; set; }

    /// <summary><c>host[:port]</c>, or <c>host[:port]/path</c> for what is below it, of registries images may come from. Nothing is pulled from others, whatever the backend says.</summary>
    public IReadOnlyList<string> Registries { get; set; } = [];

    /// <summary>By registry, the file of its credential: <c>user:password</c> on one line, readable by the agent's user alone.</summary>
    public IReadOnlyDictionary<string, string> RegistryCredentials { get; set; } = new Dictionary<string, string>();

    public SignatureConfiguration Signatures { get; set; } = new();

    public TelemetryConfiguration Telemetry { get; set; } = new();

    /// <summary>Wait at the server for changes; false: ask only when an answer to telemetry tells of one, so that the radio may sleep.</summary>
    public bool LongPoll { get; set; } = true;

    /// <summary>By track; <c>*</c> = those not named. Each is read by itself, so that a fault in one is not the others'.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, WorkloadConfiguration> Workloads { get; set; } = new Dictionary<string, WorkloadConfiguration>();

    [JsonPropertyName("workloads")]
    public IReadOnlyDictionary<string, JsonElement> WorkloadsAsWritten { get; set; } = new Dictionary<string, JsonElement>();

    public WorkloadConfiguration Workload(string track) => Workloads.GetValueOrDefault(track) ?? Workloads.GetValueOrDefault("*") ?? new();
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record SignatureConfiguration
{
    /// <summary>Refuse images of tracks for which no rule is pinned, by <see cref="Tracks"/> or at enrolment: none is pinned on first use then.</summary>
    public bool Required { get; set; }

    /// <summary>
    /// Refuse an image that was not made after the newest that proved itself on its track, except that one, and the one before the one that runs, which is kept for the way back.
    /// With <see cref="Required"/> only: a new track would have nothing to compare with.
    /// </summary>
    public bool NewerOnly { get; set; }

    /// <summary>By track: whose signatures count, in the shape of the track's <c>gates.signature</c>. Goes before what enrolment pinned.</summary>
    public IReadOnlyDictionary<string, SignatureRules> Tracks { get; set; } = new Dictionary<string, SignatureRules>();

    /// <summary>Pin the rule and the repository a track comes with when it is first seen after enrolment; otherwise it counts as a track without one.</summary>
    public bool PinOnFirstUse { get; set; } = true;
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record TelemetryConfiguration
{
    /// <summary>Between two readings, PT1S to PT24H.</summary>
    [JsonConverter(typeof(Core.Shared.DurationConverter))]
    public TimeSpan Every { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Between two transmissions; PT0S: each reading at once. Longer = fewer wake-ups of the radio.</summary>
    [JsonConverter(typeof(Core.Shared.DurationConverter))]
    public TimeSpan SendEvery { get; set; }

    /// <summary>Kept on disk while the server cannot be reached, 1 to 1024; the oldest goes first.</summary>
    public int BufferMegabytes { get; set; } = 8;

    /// <summary>Prints <c>{"percent":81.5,"voltage":3.9,"charging":false}</c>; without it <c>/sys/class/power_supply</c> is read.</summary>
    public IReadOnlyList<string> BatteryCommand { get; set; } = [];

    /// <summary>Prints <c>{"rssi":-71,"snr":9.5,"gateway":"gw-7"}</c>; without it <c>/proc/net/wireless</c> is read.</summary>
    public IReadOnlyList<string> LinkCommand { get; set; } = [];
}
