using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Tags;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>Sends a release through all gates, in their order. What costs requests is not looked at for one that is not for the fleet anyway.</summary>
public sealed class Gatekeeper(IDeviceRegistry devices, IModelStore models, IRegistries registries, EvidenceReader evidence, TimeProvider time)
{
    private static readonly Gate[] Gates =
    [
        new TagGate(), new OrderGate(), new DigestGate(), new PlatformsGate(), new SizeGate(), new PrivilegesGate(), new ModelsGate(),
        new SignatureGate(), new VulnerabilitiesGate(), new SbomGate(), new EndOfLifeGate(), new CoolDownGate(), new ApprovalsGate(),
    ];

    public async Task<IReadOnlyList<GateVerdict>> JudgeAsync(
        Track track, TagPolicy policy, Release release, Release? current, TagRecord? tag, CancellationToken cancellationToken)
    {
        var judged = new GateCase(track, policy, release, current, tag, time.GetUtcNow(),
            new(() => FleetAsync(track, cancellationToken)), new(() => ModelsAsync(cancellationToken)), new(() => AttachedAsync(track, release, cancellationToken)));
        var verdicts = new List<GateVerdict>();
        foreach (var gate in Gates)
        {
            var verdict = verdicts.Exists(v => v.Verdict == Verdict.Skipped)
                ? new(gate.Name, Verdict.Skipped, "Not looked at.", judged.Now)
                : await gate.RunAsync(judged, cancellationToken);
            // A verdict keeps the time at which it was first given.
            verdicts.Add(release.Gates.FirstOrDefault(b => b with { At = verdict.At } == verdict) ?? verdict);
        }

        return verdicts;
    }

    /// <summary>A name that a track may use in an override.</summary>
    public static bool IsGate(string name) => Array.Exists(Gates, g => g.Name == name);

    private async Task<IReadOnlyList<Device>> FleetAsync(Track track, CancellationToken cancellationToken)
    {
        var fleet = new List<Device>();
        await foreach (var device in devices.ListAsync(cancellationToken))
        {
            if (device.Enabled && track.Targets.Match(device))
                fleet.Add(device);
        }

        return fleet;
    }

    private async Task<IReadOnlyDictionary<string, DeviceModel>> ModelsAsync(CancellationToken cancellationToken) =>
        (await models.ListAsync(cancellationToken)).ToDictionary(m => m.Name, StringComparer.Ordinal);

    private async Task<AttachedEvidence> AttachedAsync(Track track, Release release, CancellationToken cancellationToken) =>
        await registries.FindAsync(release.Registry, cancellationToken) is { } registry
            ? await evidence.ReadAsync(new(registry, release.Repository), release, track.Gates, cancellationToken)
            : AttachedEvidence.None;
}
