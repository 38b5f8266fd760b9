using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.State;

/// <summary>
/// Looks for outages of whole groups after the devices were judged. Asks each time how the members that were silent are now,
/// instead of being told: a process that dies anywhere in here leaves nothing that the next sweep does not see.
/// </summary>
public sealed class SweepGroups(IGroupStates groups, IDeviceStates states, DevicePolicies policies, ActiveMembers members, GroupRules rules)
{
    /// <param name="fellSilent">Devices judged just now that are overdue or offline.</param>
    /// <param name="now">The time of the sweep.</param>
    /// <param name="cancellationToken">Stops between two groups.</param>
    public async Task RunAsync(IReadOnlyCollection<string> fellSilent, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rows = (await groups.ListAsync(cancellationToken)).ToDictionary(r => r.Group, StringComparer.Ordinal);
        var changes = rows.Keys.ToDictionary(g => g, _ => new List<MemberChange>(), StringComparer.Ordinal);
        foreach (var deviceId in fellSilent.Concat(rows.Values.SelectMany(r => r.State.SilentMembers.Keys)).Distinct(StringComparer.Ordinal).ToList())
        {
            var (memberOf, change) = await AskAsync(deviceId, now, cancellationToken);
            foreach (var group in memberOf.Concat(rows.Values.Where(r => r.State.SilentMembers.ContainsKey(deviceId)).Select(r => r.Group)).Distinct())
            {
                if (!changes.TryGetValue(group, out var list))
                    changes.Add(group, list = []);
                list.Add(change);
            }
        }

        foreach (var (group, list) in changes.Where(c => c.Value.Count > 0))
            await JudgeAsync(rows.GetValueOrDefault(group) ?? new(group, new(), null), list, now, cancellationToken);
    }

    private async Task<(IReadOnlyList<string> Groups, MemberChange Change)> AskAsync(string deviceId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await states.FindAsync(deviceId, cancellationToken) is { } record
            && await policies.FindAsync(deviceId, cancellationToken) is var (device, policy))
            return (device.Groups, MemberChange.Of(deviceId, policy, record.Detection, now));
        // Removed meanwhile: nobody misses it.
        return ([], new(deviceId, ConnectivityStatus.Unknown, now, now, TimeSpan.Zero));
    }

    private async Task JudgeAsync(GroupRow row, List<MemberChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var active = await members.CountAsync(row.Group, now, cancellationToken);
        var before = row.State.Write();
        var alerts = new List<AlertTransition>();
        var detach = new HashSet<string>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            var outcome = GroupOutageDetector.Observe(rules.For(row.Group), row.Group, row.State, change, active);
            alerts.AddRange(outcome.Signals.Select(s => Alert(row.Group, s)));
            detach.UnionWith(outcome.Detach);
            detach.ExceptWith(outcome.Attach);
        }

        if (!row.State.Write().AsSpan().SequenceEqual(before) && !await groups.TryCommitAsync(row, alerts, cancellationToken))
            return;
        foreach (var deviceId in detach)
            await TellAsync(deviceId, (ref DetectionState state, List<Signal> _) => Detectors.Detach(ref state, now), cancellationToken);
        if (row.State.RaisedAt is null)
            return;
        // All that are silent, not only those who joined: a process may have died before it told them.
        foreach (var deviceId in row.State.SilentMembers.Keys)
            await TellAsync(deviceId, (ref DetectionState state, List<Signal> signals) => Detectors.Attach(ref state, row.Group, now, signals), cancellationToken);
    }

    private async Task TellAsync(string deviceId, DeviceUpdate.Telling tell, CancellationToken cancellationToken)
    {
        await using var shard = await states.OpenAsync(states.ShardOf(deviceId), whole: false, cancellationToken);
        while (await policies.FindAsync(deviceId, cancellationToken) is var (device, policy))
        {
            var record = await shard.GetAsync(deviceId, cancellationToken);
            var wasAttached = record.Detection.Silence.Attached;
            var update = new DeviceUpdate(device, policy, record);
            update.Tell(tell);
            var change = update.ToChange(lazily: false);
            if (change.Record.Detection.Silence.Attached == wasAttached || await shard.TryCommitAsync([change], cancellationToken))
                return;
        }
    }

    private static AlertTransition Alert(string group, Signal signal) => new()
    {
        AlertId = AlertTransition.IdOf(group, signal.Kind, signal.RaisedAt),
        Change = signal.Change,
        Kind = signal.Kind,
        Severity = signal.Severity,
        Group = group,
        Groups = [group],
        Summary = signal.Summary,
        RaisedAt = signal.RaisedAt,
        At = signal.At,
        Cause = signal.Cause,
        Evidence = signal.Evidence,
    };
}
