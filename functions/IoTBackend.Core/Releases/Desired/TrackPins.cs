using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Evidence.Signatures;

namespace IoTBackend.Core.Releases.Desired;

/// <param name="Image"><c>host/repository</c>.</param>
/// <param name="Signature">Whose signatures count; null = the track asks for none.</param>
public sealed record TrackPin(string Track, string Image, SignatureRules? Signature);

/// <summary>What a device is told of tracks beside their releases: a device that checks signatures itself needs no trust in whoever can reach this backend.</summary>
public sealed class TrackPins(ITracks tracks)
{
    /// <summary>Of the tracks that the device follows.</summary>
    public async Task<IReadOnlyList<TrackPin>> OfAsync(Device device, CancellationToken cancellationToken) =>
        [.. from track in await tracks.ListAsync(cancellationToken)
            where track.Targets.Match(device)
            orderby track.Name
            select new TrackPin(track.Name, $"{track.Registry}/{track.Repository}", track.Gates.Signature)];

    /// <summary>The state as a device is told it: with each track's present rules, which are not stored with it, and of the backend's own memory the attempt alone.</summary>
    public async Task<DesiredState> WithRulesAsync(DesiredState state, CancellationToken cancellationToken) =>
        state with { Workloads = await Task.WhenAll(state.Workloads.Select(w => WithRulesAsync(w, state.SwitchOf(w.Track), cancellationToken))), Switches = null };

    private async Task<Workload> WithRulesAsync(Workload workload, Switch? word, CancellationToken cancellationToken) => workload with
    {
        Signature = (await tracks.FindAsync(workload.Track, cancellationToken))?.Gates.Signature,
        Attempt = word?.Attempt > 1 ? word.Attempt : null,
    };
}
