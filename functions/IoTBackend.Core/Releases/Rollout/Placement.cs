using System.Security.Cryptography;
using System.Text;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Desired;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>What a device's registration says of its place in a rollout. Said again after a change, the device is placed anew.</summary>
internal sealed class Placement(Release release, Track track, IReadOnlyDictionary<string, DeviceModel> models, DeviceHolds? holds, DateTimeOffset now)
{
    /// <summary>Codes of lost devices that a registration, model or hold gave: another one takes them back.</summary>
    private static readonly HashSet<string> OfRegistration =
        [Because.Disabled, Because.UnknownPlatform, Because.Incompatible, Because.Segment, Because.Pinned, Because.Excluded, Because.NotTargeted];

    /// <param name="before">Where it stands; null = it is new.</param>
    /// <returns>The same object = nothing changes; null = it has no place and needs none.</returns>
    public RolloutDevice? Of(Device device, RolloutDevice? before)
    {
        var stamp = Stamp(device);
        var (part, lost) = Part(device);
        if (before is null && lost == Because.NotTargeted)
            return null;
        var known = before ?? new() { Id = device.Id, DueAt = now };
        if (lost is not null)
            return known.Step == UpdateStep.Lost && known.Code == lost && known.Placed == stamp ? known
                // What has begun goes on: a hold is for what comes.
                : before is null || before.Step is UpdateStep.Waiting or UpdateStep.Lost || (before.IsOpen && lost is Because.Disabled or Because.NotTargeted)
                    ? known.To(UpdateStep.Lost, lost) with { Placed = stamp, Model = device.Model }
                    : known;
        if (before is not null && known.Placed == stamp && !(known.Step == UpdateStep.Lost && OfRegistration.Contains(known.Code ?? "")))
            return known;
        var placed = known with { Placed = stamp, Model = device.Model, PlatformDigest = part!.PlatformDigest, SizeBytes = part.SizeBytes };
        var anew = before is null || known.PlatformDigest != part.PlatformDigest || known.Step is UpdateStep.Lost or UpdateStep.Failed or UpdateStep.Waiting;
        return anew ? placed.To(UpdateStep.Waiting) with { DueAt = now } : placed;
    }

    private (Workload? Part, string? Lost) Part(Device device)
    {
        if (!track.Targets.Match(device))
            return (null, Because.NotTargeted);
        var offer = Offer.To(device, release, track.Targets);
        if (offer.Value is not { } part)
            return (null, offer.Reason switch { Offer.Disabled => Because.Disabled, Offer.UnknownPlatform => Because.UnknownPlatform, _ => Because.Incompatible });
        if (holds?.Of(device.Id, release.Id) is { } hold)
            return (null, hold.Release is null ? Because.Pinned : Because.Excluded);
        return IsBlocked(device) ? (null, Because.Segment) : (part, null);
    }

    /// <summary>The gate looked at the models as they were; an operator who overrode it has decided for all.</summary>
    private bool IsBlocked(Device device) => track.Gates.Privileges is not null
        && release.Privileges is { } asks
        && device.Model is { } name && models.GetValueOrDefault(name)?.Privileges is { } allowed
        && asks.Beyond(allowed).Any()
        && !release.Overrides.Any(o => o.Gate == "privileges");

    private static string Stamp(Device device) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"{device.Model}\n{device.Platform}\n{string.Join(',', device.Groups)}\n{string.Join(',', device.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"))}\n{device.KeyGeneration}")).AsSpan(0, 8));
}
