using IoTBackend.Core.Releases.Judging;
using IoTBackend.Core.State;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>What telemetry says of devices, asked for when somebody wants to know: nothing is written for it while it comes in.</summary>
public sealed class Sightings(IDeviceStates states, DevicePolicies policies, TimeProvider time)
{
    /// <summary>Who was never heard, or is no longer registered, is missing.</summary>
    /// <param name="track">Whose image is asked for.</param>
    /// <param name="devices">Their ids.</param>
    /// <param name="fleet">How many devices there are, about: decides how they are read.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyDictionary<string, Sighting>> ReadAsync(string track, IReadOnlyCollection<string> devices, int fleet, CancellationToken cancellationToken)
    {
        var seen = new Dictionary<string, Sighting>(devices.Count, StringComparer.Ordinal);
        if (devices.Count == 0)
            return seen;
        foreach (var (id, record) in await states.FindAsync(devices, fleet, cancellationToken))
            await AddAsync(seen, track, id, record, cancellationToken);
        return seen;
    }

    /// <summary>Of every device that was ever heard.</summary>
    public async Task<IReadOnlyDictionary<string, Sighting>> ReadAllAsync(string track, CancellationToken cancellationToken)
    {
        var seen = new Dictionary<string, Sighting>(StringComparer.Ordinal);
        await foreach (var (id, record) in states.ListAsync(cancellationToken))
            await AddAsync(seen, track, id, record, cancellationToken);
        return seen;
    }

    private async ValueTask AddAsync(Dictionary<string, Sighting> seen, string track, string id, DeviceRecord record, CancellationToken cancellationToken)
    {
        if (record.Detection.LastSeen is not null && await policies.FindAsync(id, cancellationToken) is var (_, policy))
            seen[id] = Sighting.Of(policy, in record.Detection, track, time.GetUtcNow());
    }
}
