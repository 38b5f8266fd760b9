using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Evidence.Signatures;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Desired;

/// <param name="Image"><c>host/repository@sha256:...</c>, the index: the device's engine selects its own platform.</param>
/// <param name="PlatformDigest">The manifest the engine should arrive at.</param>
/// <param name="SizeBytes">To download at most, nothing being there yet.</param>
/// <param name="Signature">Whose signatures the track counts: in what a device is told, not in what is stored.</param>
public sealed record Workload(
    string Track, string Image, string Tag, string Release, string PlatformDigest, long SizeBytes, SignatureRules? Signature = null);

/// <summary>What a device is to run. The version grows by one with every change, and only then.</summary>
public sealed record DesiredState(long Version, IReadOnlyList<Workload> Workloads)
{
    public static readonly DesiredState Nothing = new(0, []);

    /// <summary>The same object when there is nothing to change.</summary>
    public DesiredState With(Workload workload)
    {
        var before = Workloads.FirstOrDefault(w => w.Track == workload.Track);
        // A second tag of the same image is no change for a device.
        if (before is not null && before with { Tag = workload.Tag } == workload)
            return this;
        return new(Version + 1, [.. Workloads.Where(w => w.Track != workload.Track).Append(workload).OrderBy(w => w.Track, StringComparer.Ordinal)]);
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
