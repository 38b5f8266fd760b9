using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.State;

/// <summary>
/// Looks for outages of whole groups, and for groups heard badly, after the devices were judged. Asks each time how the members that were silent are now,
/// instead of being told: a process that dies anywhere in here leaves nothing that the next sweep does not see.
/// </summary>
public sealed class SweepGroups(IGroupStates groups, IDeviceStates states, DevicePolicies policies, ActiveMembers members, GroupRules rules)
{
    /// <param name="fellSilent">Devices judged just now that are overdue or offline.</param>
    /// <param name="now">The time of the sweep.</param>
    /// <param name="heard">Up to where the devices were heard.</param>
    /// <param name="cancellationToken">Stops between two groups.</param>
    public async Task RunAsync(IReadOnlyCollection<string> fellSilent, DateTimeOffset now, HeardUntil heard, CancellationToken cancellationToken)
    {
        var rows = (await groups.ListAsync(cancellationToken)).ToDictionary(r => r.Group, StringComparer.Ordinal);
        var changes = rows.Keys.ToDictionary(g => g, _ => new List<MemberChange>(), StringComparer.Ordinal);
        var (asked, alone) = (new Dictionary<string, DetectionState>(StringComparer.Ordinal), new Dictionary<string, string>(StringComparer.Ordinal));
        var failures = new Failures();
        foreach (var deviceId in fellSilent.Concat(rows.Values.SelectMany(r => r.State.SilentMembers.Keys)).Distinct(StringComparer.Ordinal).ToList())
        {
            var (memberOf, change, state) = await AskAsync(deviceId, now, cancellationToken);
            asked[deviceId] = state;
            foreach (var group in memberOf.Concat(rows.Values.Where(r => r.State.SilentMembers.ContainsKey(deviceId)).Select(r => r.Group)).Distinct())
            {
                if (!changes.TryGetValue(group, out var list))
                    changes.Add(group, list = []);
                list.Add(change);
            }
        }

        foreach (var (group, list) in changes.Where(c => c.Value.Count > 0 || rows[c.Key].State.DegradedAt is not null))
        {
            if (!rows.TryGetValue(group, out var row))
                rows.Add(group, row = new(group, new(), null));
            var isStored = false;
            await failures.TryAsync(async () =>
            {
                (isStored, var judged) = await JudgeAsync(row, list, now, heard, cancellationToken);
                foreach (var deviceId in judged.Alone)
                    alone[deviceId] = group;
            }, cancellationToken);
            foreach (var change in isStored ? [] : list)
                asked.Remove(change.DeviceId);
        }

        foreach (var (deviceId, state) in asked)
            await failures.TryAsync(() => TellAsync(deviceId, state, rows.Values, alone, now, cancellationToken), cancellationToken);
        failures.ThrowIfAny();
    }

    private async Task<(IReadOnlyList<string> Groups, MemberChange Change, DetectionState State)> AskAsync(string deviceId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await states.FindAsync(deviceId, cancellationToken) is { } record
            && await policies.FindAsync(deviceId, cancellationToken) is var (device, policy))
            return (device.Groups, MemberChange.Of(deviceId, policy, record.Detection, now), record.Detection);
        // Removed meanwhile: nobody misses it.
        return ([], new(deviceId, ConnectivityStatus.Unknown, now, now, TimeSpan.Zero), default);
    }

    /// <returns>False when another process changed the group: its members are left to the next sweep.</returns>
    private async Task<(bool IsStored, GroupOutageChange Judged)> JudgeAsync(GroupRow row, List<MemberChange> changes, DateTimeOffset now, HeardUntil heard, CancellationToken cancellationToken)
    {
        var activity = await members.CountAsync(row.Group, now, heard, cancellationToken);
        var before = row.State.Write();
        var outcome = GroupOutageDetector.Observe(rules.For(row.Group), row.Group, row.State, changes, now, activity.Active);
        var degraded = GroupDegradedDetector.Observe(rules.For(row.Group), row.Group, row.State, activity.Hearing, now);
        var isSame = row.State.Write().AsSpan().SequenceEqual(before);
        return (isSame || await groups.TryCommitAsync(row, AlertSteps.Fold([.. outcome.Signals.Concat(degraded).Select(s => Alert(row.Group, s))]), cancellationToken), outcome);
    }

    /// <summary>By what the groups' rows say, not by what has just changed in them: a process may have died before it told the devices.</summary>
    private async Task TellAsync(
        string deviceId, DetectionState state, IReadOnlyCollection<GroupRow> rows, Dictionary<string, string> alone, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (rows.FirstOrDefault(r => r.State.Attached.Contains(deviceId)) is { } outage)
        {
            if (!state.Silence.Attached)
                await TellAsync(deviceId, (ref DetectionState s, List<Signal> signals) => Detectors.Attach(ref s, outage.Group, now, signals), cancellationToken);
        }
        else if (state.Silence.Attached)
        {
            await TellAsync(deviceId, (ref DetectionState s, List<Signal> _) => Detectors.Detach(ref s, now), cancellationToken);
        }
        else if (SilenceDetector.IsUnexplained(in state) && rows.FirstOrDefault(r => r.State.DegradedAt is not null && r.State.SilentMembers.ContainsKey(deviceId)) is { } degraded)
        {
            await TellAsync(deviceId, (ref DetectionState s, List<Signal> signals) => Detectors.Shared(ref s, degraded.Group, now, signals), cancellationToken);
        }
        else if (SilenceDetector.IsUnexplained(in state) && alone.TryGetValue(deviceId, out var group))
        {
            await TellAsync(deviceId, (ref DetectionState s, List<Signal> signals) => Detectors.Alone(ref s, group, now, signals), cancellationToken);
        }
    }

    private async Task TellAsync(string deviceId, DeviceUpdate.Telling tell, CancellationToken cancellationToken)
    {
        await using var shard = await states.OpenAsync(states.ShardOf(deviceId), whole: false, cancellationToken);
        while (await policies.FindAsync(deviceId, cancellationToken) is var (device, policy))
        {
            var record = await shard.GetAsync(deviceId, cancellationToken);
            var before = (record.Detection.Silence.Attached, record.Detection.Silence.Cause);
            var update = new DeviceUpdate(device, policy, record);
            update.Tell(tell);
            var change = update.ToChange(lazily: false);
            if (before == (change.Record.Detection.Silence.Attached, change.Record.Detection.Silence.Cause) || await shard.TryCommitAsync([change], cancellationToken))
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
