using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.State;

/// <summary>
/// Compares the drain of each battery with that of all devices of its model on the same image, now and then: a bad image or a
/// bad cell shows there before it shows in a battery's own past. Gathers what the lives that ended teach about their model. Reads every stored state once, writes only where something changed.
/// </summary>
public sealed class ComparePeers(IDeviceStates states, DevicePolicies policies, TimeProvider time, ModelLives? lives = null)
{
    /// <returns>Devices whose alert was raised or cleared.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var peers = new Dictionary<(string Model, string? Digest, bool IsPercent), List<(string Id, double PerDay, double Seconds)>>();
        var learned = new Dictionary<string, LearnedLives>(StringComparer.Ordinal);
        await foreach (var (id, record) in states.ListAsync(cancellationToken))
        {
            if (lives is not null && record.Detection.LivesEnded > 0 && await policies.FindAsync(id, cancellationToken) is ({ Model: { } name }, _))
            {
                if (!learned.TryGetValue(name, out var known))
                    learned.Add(name, known = new());
                known.Add(in record.Detection);
            }
            if (BatteryDrain.Rate(in record.Detection.Battery) is not { } drain
                || await policies.FindAsync(id, cancellationToken) is not ({ Model: { } model }, _))
                continue;
            var key = (model, record.Detection.Digest, record.Detection.Battery.Life.Unit == 1);
            if (!peers.TryGetValue(key, out var list))
                peers.Add(key, list = []);
            list.Add((id, drain.PerDay, record.Detection.Battery.SampleSeconds));
        }

        var failures = new Failures();
        if (lives is not null)
        {
            foreach (var (name, known) in learned)
                await failures.TryAsync(() => lives.SaveAsync(name, known, cancellationToken), cancellationToken);
        }

        var changed = 0;
        foreach (var list in peers.Values.Where(l => l.Count >= PeerDrain.FewestPeers))
        {
            var usual = PeerDrain.Of([.. list.Select(p => p.PerDay)], [.. list.Select(p => p.Seconds)]);
            foreach (var (id, _, _) in list)
                await failures.TryAsync(async () => changed += await TellAsync(id, usual, cancellationToken) ? 1 : 0, cancellationToken);
        }
        failures.ThrowIfAny();
        return changed;
    }

    private async Task<bool> TellAsync(string deviceId, PeerDrain peers, CancellationToken cancellationToken)
    {
        // Most have nothing to be told; only for the others is the shard taken.
        if (await states.FindAsync(deviceId, cancellationToken) is not { } seen
            || await policies.FindAsync(deviceId, cancellationToken) is not var (_, current)
            || !BatteryDrain.DiffersFromPeers(current, in seen.Detection.Battery, peers))
            return false;
        await using var shard = await states.OpenAsync(states.ShardOf(deviceId), whole: false, cancellationToken);
        while (await policies.FindAsync(deviceId, cancellationToken) is var (device, policy))
        {
            var update = new DeviceUpdate(device, policy, await shard.GetAsync(deviceId, cancellationToken));
            update.Tell((ref DetectionState state, List<Signal> signals) => Detectors.CompareWithPeers(policy, ref state, peers, time.GetUtcNow(), signals));
            var change = update.ToChange(lazily: false);
            if (change.Alerts.Count == 0)
                return false;
            if (await shard.TryCommitAsync([change], cancellationToken))
                return true;
        }
        return false;
    }
}
