using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Evidence.Signatures;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Desired;

/// <param name="Image"><c>host/repository@sha256:...</c>, the index: the device's engine selects its own platform.</param>
/// <param name="PlatformDigest">The manifest the engine should arrive at.</param>
/// <param name="SizeBytes">To download at most, nothing being there yet.</param>
/// <param name="Signature">Whose signatures the track counts: in what a device is told, not in what is stored.</param>
/// <param name="Attempt">From 2: an operator wants a device that failed to try again; missing = 1. In what a device is told, not in what is stored.</param>
public sealed record Workload(
    string Track, string Image, string Tag, string Release, string PlatformDigest, long SizeBytes, SignatureRules? Signature = null, int? Attempt = null);

/// <summary>The last word of a track's rollout to a device: what no earlier one can take back, and what it ran before.</summary>
/// <param name="Epoch">Of the rollout.</param>
/// <param name="Attempt">How often it was told by it.</param>
/// <param name="Until">It is taken to be busy with it so long; no other track's rollout tells it meanwhile.</param>
/// <param name="Before">What it ran before; null = nothing of this track.</param>
public sealed record Switch(string Track, long Epoch, int Attempt, DateTimeOffset Until, Workload? Before);

/// <summary>What a device is to run. The version grows by one with every change of its workloads, and only then.</summary>
public sealed record DesiredState(long Version, IReadOnlyList<Workload> Workloads)
{
    public static readonly DesiredState Nothing = new(0, []);

    /// <summary>The backend's own memory, one at most per track; no device is told of it.</summary>
    public IReadOnlyList<Switch>? Switches { get; init; }

    public Workload? Of(string track) => Workloads.FirstOrDefault(w => w.Track == track);

    public Switch? SwitchOf(string track) => Switches?.FirstOrDefault(s => s.Track == track);

    public DesiredState Remember(Switch word) => this with
    {
        Switches = [.. (Switches ?? []).Where(s => s.Track != word.Track).Append(word).OrderBy(s => s.Track, StringComparer.Ordinal)],
    };

    /// <summary>The same once more: a device that failed is to try again.</summary>
    public DesiredState Again() => this with { Version = Version + 1 };

    public DesiredState Without(string track) =>
        Of(track) is null ? this : this with { Version = Version + 1, Workloads = [.. Workloads.Where(w => w.Track != track)] };

    /// <summary>The same object when there is nothing to change.</summary>
    public DesiredState With(Workload workload)
    {
        var before = Workloads.FirstOrDefault(w => w.Track == workload.Track);
        // A second tag of the same image is no change for a device.
        if (before is not null && before with { Tag = workload.Tag } == workload)
            return this;
        return this with
        {
            Version = Version + 1,
            Workloads = [.. Workloads.Where(w => w.Track != workload.Track).Append(workload).OrderBy(w => w.Track, StringComparer.Ordinal)],
        };
    }
}

/// <summary>Which part of a release is for a device, or why none is.</summary>
public static class Offer
{
    public const string UnknownPlatform = "unknown platform";
    public const string IncompatiblePlatform = "incompatible platform";
    public const string Disabled = "disabled";

    public static Result<Workload> To(Device device, Release release, Targets targets)
    {
        if (!device.Enabled)
            return Result<Workload>.Rejected(Disabled);
        if (Platform.Parse(device.Platform) is not { IsKnown: true } platform)
            return Result<Workload>.Rejected(UnknownPlatform);
        return PlatformMatch.Choose(platform, release.Platforms, p => Platform.Parse(p.Platform) ?? Platform.Unknown, targets.AcrossFamilies) is { } chosen
            ? Of(release, chosen)
            : Result<Workload>.Rejected(IncompatiblePlatform);
    }

    public static Workload Of(Release release, PlatformImage platform) =>
        new(release.Track, release.Image, release.Tag, release.Id, platform.Digest, platform.SizeBytes);
}
