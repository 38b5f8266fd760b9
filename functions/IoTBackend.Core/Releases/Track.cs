using System.Text.Json.Serialization;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Tags;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases;

/// <summary>What follows a repository: which tags become releases, and which devices get them.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record Track
{
    /// <summary>1..63 characters of <c>a-z 0-9 . _ -</c>; from the address, not from the body.</summary>
    public string Name { get; init; } = "";

    /// <summary>Host of a configured registry.</summary>
    public required string Registry { get; init; }

    public required string Repository { get; init; }

    public TagRules Tags { get; init; } = new();

    public Targets Targets { get; init; } = new();

    public TrackGates Gates { get; init; } = new();

    /// <summary>Left out, or with nothing in it: to all its devices at once.</summary>
    public TrackRollout Rollout { get; init; } = new();

    /// <summary>All faults at once. What this version would not act on is refused rather than kept and ignored.</summary>
    public Result<Track> Validate()
    {
        List<string> faults = [];
        if (!OciNames.IsTrack(Name))
            faults.Add("track: 1 to 63 characters of a-z 0-9 . _ -, beginning and ending with a letter or digit.");
        if (!OciNames.IsHost(Registry))
            faults.Add("registry: the host of a configured registry.");
        if (!OciNames.IsRepository(Repository))
            faults.Add("repository: the name without the registry, for example fleet/sensor.");
        if (TagPolicy.Create(Tags).Reason is { } tags)
            faults.Add(tags);
        faults.AddRange(Targets.Faults());
        faults.AddRange(Gates.Faults());
        faults.AddRange(Rollout.Faults());
        return faults.Count == 0 ? this : Result<Track>.Rejected(string.Join(' ', faults));
    }
}

/// <summary>A device has to match each part that is given; within a part any one will do.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record Targets
{
    private const int Most = 100;

    /// <summary>Names of groups; <c>*</c> = every device.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>All of them, with these values.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Also 32-bit Arm images for arm64 and 386 for amd64, for fleets known to run them.</summary>
    public bool AcrossFamilies { get; init; }

    public bool Match(Device device) =>
        (Groups.Count == 0 || Groups.Contains("*") || device.Groups.Any(Groups.Contains))
        && (Models.Count == 0 || (device.Model is { } model && Models.Contains(model)))
        && Labels.All(l => device.Labels.TryGetValue(l.Key, out var value) && value == l.Value);

    internal IEnumerable<string> Faults()
    {
        if (Groups.Count + Models.Count + Labels.Count == 0)
            yield return "targets: name groups, models or labels; groups [\"*\"] means every device.";
        if (Groups.Count > Most || Models.Count > Most || Labels.Count > Most)
            yield return $"targets: at most {Most} of each.";
    }
}
