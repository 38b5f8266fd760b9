using System.Collections.Concurrent;
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
    private const int MaxConcurrentShards = 8;

    /// <summary>Told while a shard is held: its telemetry waits no longer than for so many.</summary>
    private const int ToldAtOnce = 500;

    /// <param name="fellSilent">Devices judged just now that are overdue or offline.</param>
    /// <param name="now">The time of the sweep.</param>
    /// <param name="heard">Up to where the devices were heard.</param>
    /// <param name="cancellationToken">Stops between two groups.</param>
    public async Task RunAsync(IReadOnlyCollection<string> fellSilent, DateTimeOffset now, HeardUntil heard, CancellationToken cancellationToken)
    {
        var rows = (await groups.ListAsync(cancellationToken)).ToDictionary(r => r.Group, StringComparer.Ordinal);
        var remembered = rows.Values.SelectMany(r => r.State.SilentMembers.Keys, (r, id) => (r.Group, Id: id)).ToLookup(m => m.Id, m => m.Group, StringComparer.Ordinal);
        var asked = await AskAsync([.. fellSilent.Concat(remembered.Select(m => m.Key)).Distinct(StringComparer.Ordinal)], now, cancellationToken);
        var changes = rows.Keys.ToDictionary(g => g, _ => new List<MemberChange>(), StringComparer.Ordinal);
        var (alone, failures) = (new Dictionary<string, string>(StringComparer.Ordinal), new Failures());
        foreach (var (deviceId, member) in asked)
        {
            foreach (var group in member.Groups.Union(remembered[deviceId], StringComparer.Ordinal))
            {
                if (!changes.TryGetValue(group, out var list))
                    changes.Add(group, list = []);
                list.Add(member.Groups.Contains(group) ? member.Change : MemberChange.Gone(deviceId, now));
            }
        }

        foreach (var (group, list) in changes.Where(c => c.Value.Count > 0 || rows[c.Key].State.IsDue(now)))
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
        await TellAsync(ToTell(rows, asked, alone, now), failures, cancellationToken);
        failures.ThrowIfAny();
    }

    /// <summary>How the members are now, read shard by shard: a site of thousands costs a few requests a shard.</summary>
    private async Task<Dictionary<string, Member>> AskAsync(IReadOnlyCollection<string> deviceIds, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var asked = new ConcurrentDictionary<string, Member>(StringComparer.Ordinal);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrentShards, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(deviceIds.GroupBy(states.ShardOf), parallel, async (shard, cancellation) =>
        {
            var records = await states.FindAsync([.. shard], members.Fleet, cancellation);
            foreach (var deviceId in shard)
            {
                asked[deviceId] = records.TryGetValue(deviceId, out var record) && await policies.FindAsync(deviceId, cancellation) is var (device, policy)
                    ? new(device.Groups, MemberChange.Of(deviceId, policy, record.Detection, now), policy, record.Detection)
                    : new([], MemberChange.Gone(deviceId, now), new(), default);
            }
        });
        return new(asked, StringComparer.Ordinal);
    }

    /// <returns>False when another process changed the group: its members are left to the next sweep.</returns>
    private async Task<(bool IsStored, GroupOutageChange Judged)> JudgeAsync(GroupRow row, List<MemberChange> changes, DateTimeOffset now, HeardUntil heard, CancellationToken cancellationToken)
    {
        var activity = await members.CountAsync(row.Group, now, heard, cancellationToken);
        var before = row.State.Write();
        var outcome = GroupOutageDetector.Observe(rules.For(row.Group), row.Group, row.State, changes, now, activity.Active, activity.Hearing);
        var isSame = row.State.Write().AsSpan().SequenceEqual(before);
        return (isSame || await groups.TryCommitAsync(row, AlertSteps.Fold([.. outcome.Signals.Select(s => Alert(row.Group, s))]), cancellationToken), outcome);
    }

    /// <summary>By what the groups' rows say, not by what has just changed in them: a process may have died before it told the devices.</summary>
    private static Dictionary<string, DeviceUpdate.Telling> ToTell(
        Dictionary<string, GroupRow> rows, Dictionary<string, Member> asked, Dictionary<string, string> alone, DateTimeOffset now)
    {
        var tell = new Dictionary<string, DeviceUpdate.Telling>(StringComparer.Ordinal);
        foreach (var (deviceId, member) in asked)
        {
            var own = member.Groups.Where(rows.ContainsKey).Select(g => rows[g]).ToList();
            var incident = own.Find(r => r.State.SpeaksFor(deviceId, now))?.Group;
            var aloneIn = alone.GetValueOrDefault(deviceId);
            if (MemberTelling.IsNews(member.Policy, in member.Detection, incident, aloneIn, now))
            {
                var isHeardBadly = own.Exists(r => r.State.IsBeyondBad(deviceId)) && !own.Exists(r => r.State.IsLeft(deviceId));
                tell[deviceId] = (ref DetectionState s, List<Signal> signals) => MemberTelling.Tell(member.Policy, ref s, incident, aloneIn, isHeardBadly, now, signals);
            }
        }

        return tell;
    }

    private Task TellAsync(Dictionary<string, DeviceUpdate.Telling> tell, Failures failures, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        tell.GroupBy(t => states.ShardOf(t.Key)),
        new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrentShards, CancellationToken = cancellationToken },
        async (shard, cancellation) =>
        {
            foreach (var some in shard.Chunk(ToldAtOnce))
                await failures.TryAsync(() => TellAsync(shard.Key, some, cancellation), cancellation);
        });

    private async Task TellAsync(int shardNumber, IReadOnlyList<KeyValuePair<string, DeviceUpdate.Telling>> tell, CancellationToken cancellationToken)
    {
        await using var shard = await states.OpenAsync(shardNumber, whole: false, cancellationToken);
        while (true)
        {
            var changes = new List<DeviceChange>();
            foreach (var (deviceId, telling) in tell)
            {
                if (await policies.FindAsync(deviceId, cancellationToken) is not var (device, policy))
                    continue;
                var record = await shard.GetAsync(deviceId, cancellationToken);
                var before = (record.Detection.Silence.Attached, record.Detection.Silence.Cause);
                var update = new DeviceUpdate(device, policy, record);
                update.Tell(telling);
                var change = update.ToChange(lazily: false);
                if (before != (change.Record.Detection.Silence.Attached, change.Record.Detection.Silence.Cause))
                    changes.Add(change);
            }

            try
            {
                if (changes.Count == 0 || await shard.TryCommitAsync(changes, cancellationToken))
                    return;
            }
            catch (ChangesRefusedException)
            {
                // Told by the store; the others of the shard are stored.
                return;
            }
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

    private sealed record Member(IReadOnlyList<string> Groups, MemberChange Change, DetectionPolicy Policy, DetectionState State)
    {
        public readonly DetectionState Detection = State;
    }
}
