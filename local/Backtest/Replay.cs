using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Signals;

namespace IoTBackend.Backtest;

/// <summary>
/// Replays recorded telemetry in event time through the live detectors: readings are observed as they arrive, silent
/// devices are judged when they fall due, groups hear of every change of status. The watermark is event time.
/// </summary>
internal sealed class Replay(DetectionRules rules, AlertLog alerts, ForecastLog? forecasts)
{
    private readonly Dictionary<string, Member> _devices = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<DetectionPolicy, DetectionPolicy> _taught = new(ReferenceEqualityComparer.Instance);
    private readonly PriorityQueue<Member, DateTimeOffset> _due = new();
    private readonly List<Signal> _signals = [];

    public int Devices => _devices.Count;

    /// <summary>Days from the first to the last reading, summed over devices.</summary>
    public double DeviceDays => _devices.Values.Sum(d => (d.State.LastSeen - d.FirstSeen)?.TotalDays ?? 0);

    public void Observe(in RecordedReading row)
    {
        Sweep(row.ArrivedAt);
        forecasts?.Until(row.ArrivedAt, _devices);
        var device = Find(row.DeviceId, row.ArrivedAt);
        var (before, lives) = (device.State.Status, device.State.LivesEnded);
        Detectors.Observe(device.Policy, ref device.State, row.Reading, row.ArrivedAt, _signals);
        device.Changed = true;
        if (device.State.LivesEnded != lives)
            device.Policy.Learned?.Add(in device.State);
        Settle(device, before, row.ArrivedAt);
    }

    /// <summary>Ends the replay: the clock stops with the last row.</summary>
    public void End(DateTimeOffset last)
    {
        Sweep(last);
        forecasts?.Until(last, _devices);
        foreach (var device in _devices.Values)
            alerts.Finish(device.Id, device.State.Health(device.Policy, last));
    }

    private void Sweep(DateTimeOffset now)
    {
        while (_due.TryPeek(out var device, out var at) && at < now)
        {
            _due.Dequeue();
            if (device.Queued != at)
                continue;
            device.Queued = null;
            if (Detectors.DueAt(device.Policy, in device.State) is { } due && due <= at)
            {
                var before = device.State.Status;
                Detectors.Judge(device.Policy, ref device.State, at, DateTimeOffset.MinValue, _signals);
                Settle(device, before, at);
            }
            else
            {
                Queue(device);
            }
        }
    }

    /// <summary>What the live path does after either call: the groups first, then the alerts, then the due index.</summary>
    private void Settle(Member device, ConnectivityStatus before, DateTimeOffset at)
    {
        if (device.Group is { } group && (device.State.Status != before || (at >= group.Due && !group.State.IsEmpty)))
            Apply(group, device, at);
        alerts.Add(device.Id, _signals);
        _signals.Clear();
        Queue(device);
    }

    /// <summary>What the live path does at each sweep, here as soon as a member's status changes, and each minute while there is something to judge.</summary>
    private void Apply(Group group, Member device, DateTimeOffset at)
    {
        group.Due = at + TimeSpan.FromMinutes(1);
        var (active, hearing) = (0, new GroupHearing());
        foreach (var member in group.Members.Where(m => m.State.IsActive(m.Policy, at)))
        {
            active++;
            hearing.Add(member.Id, in member.State, at, DateTimeOffset.MinValue);
        }
        var asked = group.State.SilentIds.Append(device.Id).Distinct().Select(id => _devices[id]).ToList();
        var change = GroupOutageDetector.Observe(group.Policy, group.Name, group.State, [.. asked.Select(m => MemberChange.Of(m.Id, m.Policy, in m.State, at))], at, active, hearing);
        alerts.AddGroup(group.Name, change.Signals);
        foreach (var member in asked)
        {
            var (incident, aloneIn) = (group.State.SpeaksFor(member.Id, at) ? group.Name : null, change.Alone.Contains(member.Id) ? group.Name : null);
            if (!MemberTelling.IsNews(member.Policy, in member.State, incident, aloneIn, at))
                continue;
            MemberTelling.Tell(member.Policy, ref member.State, incident, aloneIn, group.State.IsBeyondBad(member.Id), at, member == device ? _signals : alerts.For(member.Id));
            Queue(member);
        }
        alerts.Flush();
    }

    private void Queue(Member device)
    {
        if (Detectors.DueAt(device.Policy, in device.State) is not { } due || device.Queued <= due)
            return;
        device.Queued = due;
        _due.Enqueue(device, due);
    }

    private Member Find(string id, DateTimeOffset at)
    {
        if (_devices.TryGetValue(id, out var device))
            return device;
        var (policy, name) = rules.For(id);
        Group? group = null;
        if (name is not null && !_groups.TryGetValue(name, out group))
            _groups[name] = group = new Group(name, rules.Groups[name]);
        // What the live path does every hour: whatever a life of the model taught so far is known to all its devices.
        if (!_taught.TryGetValue(policy, out var taught))
            _taught[policy] = taught = policy with { Learned = new() };
        device = new Member(id, taught, group, at);
        group?.Members.Add(device);
        return _devices[id] = device;
    }
}

/// <summary>A device of the recording and its state, as the live path keeps it in a row.</summary>
internal sealed class Member(string id, DetectionPolicy policy, Group? group, DateTimeOffset firstSeen)
{
    public DetectionState State;

    public string Id { get; } = id;

    /// <summary>Its rules with what the model's lives taught so far: one instance for all devices of a model.</summary>
    public DetectionPolicy Policy { get; } = policy;

    public Group? Group { get; } = group;

    public DateTimeOffset FirstSeen { get; } = firstSeen;

    /// <summary>Where it stands in the due queue; earlier entries are stale.</summary>
    public DateTimeOffset? Queued { get; set; }

    /// <summary>Heard since its latest forecast.</summary>
    public bool Changed { get; set; }
}

/// <summary>A policy group with the members seen so far.</summary>
internal sealed class Group(string name, GroupOutagePolicy policy)
{
    public string Name { get; } = name;

    public GroupOutagePolicy Policy { get; } = policy;

    public GroupOutageState State { get; } = new();

    public List<Member> Members { get; } = [];

    /// <summary>When it is judged next, if nothing changes before.</summary>
    public DateTimeOffset Due { get; set; }
}
