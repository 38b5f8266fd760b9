using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Judging;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>What is known when some blocks have their turn.</summary>
/// <param name="Seen">By device; who was never heard is missing.</param>
/// <param name="Reports">By device, of this release only.</param>
/// <param name="Costs">By model.</param>
/// <param name="Behind">Devices of other rollouts that switch, by gateway.</param>
internal sealed record TurnFacts(
    string Digest,
    IReadOnlyDictionary<string, Sighting> Seen,
    IReadOnlyDictionary<string, ReportedState> Reports,
    IReadOnlyDictionary<string, UpdateCost> Costs,
    IReadOnlyDictionary<string, int> Behind,
    DateTimeOffset Now)
{
    /// <summary>It ran the image, or was about to.</summary>
    public bool HasSwitched(RolloutDevice device) =>
        device.Step == UpdateStep.Observed || Reports.GetValueOrDefault(device.Id)?.State is UpdateState.Installing or UpdateState.Installed
        || Seen.GetValueOrDefault(device.Id)?.Names(Digest, device.PlatformDigest) == true;
}

/// <summary>
/// Which devices of some blocks have their turn, and what becomes of them: a pure function of what is stored and what is known.
/// </summary>
internal sealed class Turn(StagedRollout rollout, bool opening, DateTimeOffset now)
{
    /// <summary>Longer than any call may take: who told a device and has not said so by then is dead.</summary>
    public static readonly TimeSpan CallsEnd = TimeSpan.FromMinutes(5);

    /// <summary>Before somebody else tells a device that a process meant to tell.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Far = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestWatch = TimeSpan.FromDays(30);

    private readonly DateTimeOffset? _windowOpens = WindowOpens(rollout.Rules, now);

    /// <summary>How many may be told in this turn.</summary>
    public int Allowance => !rollout.MayOffer || _windowOpens is not null ? 0 : Math.Max(0, Math.Min(rollout.Room, (int)rollout.PaceNow(now)));

    /// <summary>When devices may be told; null = now.</summary>
    public static DateTimeOffset? WindowOpens(TrackRollout rules, DateTimeOffset now) =>
        rules.Window is not { } window || window.Contains(now) ? null : window.NextBegin(now) ?? now + TimeSpan.FromDays(1);

    public bool IsLook(RolloutDevice device) => device.DueAt <= now && (device.Step is UpdateStep.Told or UpdateStep.Observed || device.IsWatched);

    public bool IsCandidate(RolloutDevice device) => device.Step == UpdateStep.Waiting && (opening || device.DueAt <= now);

    /// <summary>Those whose telemetry has to be read for this turn: the looks, and as many who wait as may be told.</summary>
    public (IReadOnlyList<RolloutDevice> Looks, IReadOnlyList<RolloutDevice> Candidates) Asked(IEnumerable<RolloutBlock> blocks)
    {
        var devices = blocks.SelectMany(b => b.Devices).ToList();
        return rollout.State == RolloutState.Superseded ? ([], []) : ([.. devices.Where(IsLook)], [.. devices.Where(IsCandidate).Take(Allowance)]);
    }

    /// <summary>The blocks after the turn, and the rollout with what it has used up of its pace.</summary>
    public (StagedRollout Rollout, IReadOnlyList<BlockChange> Changes) Run(IReadOnlyList<RolloutBlock> blocks, TurnFacts facts)
    {
        var candidates = Asked(blocks).Candidates.Select(c => c.Id).ToHashSet(StringComparer.Ordinal);
        var behind = new Dictionary<string, int>(StringComparer.Ordinal);
        var offered = 0;
        var changes = blocks.Select(block => new BlockChange(block, block.Select(device =>
        {
            var after = Next(device, facts, candidates, behind);
            offered += after.Step == UpdateStep.Offering && device.Step != UpdateStep.Offering ? 1 : 0;
            return after;
        }) with
        { IsOpen = true })).ToList();
        var told = rollout with { Pace = rollout.PaceNow(now) - offered, PaceAt = now };
        return (told.Change(blocks, changes.Select(c => c.After)), changes);
    }

    private RolloutDevice Next(RolloutDevice device, TurnFacts facts, HashSet<string> candidates, Dictionary<string, int> behind) => device switch
    {
        { Step: UpdateStep.Waiting or UpdateStep.Told or UpdateStep.Observed } when rollout.State == RolloutState.Superseded => device.To(UpdateStep.Superseded),
        { Step: UpdateStep.Waiting } when candidates.Contains(device.Id) => Offer(device, facts, behind),
        { Step: UpdateStep.Waiting } when IsCandidate(device) => Later(device),
        { IsWatched: true } when rollout.IsOver => device with { DueAt = DateTimeOffset.MaxValue },
        _ when IsLook(device) => Look(device, facts),
        _ => device,
    };

    /// <summary>Until there is room again, as far as that can be told: a new wave and a resume look at all who wait anyway.</summary>
    private RolloutDevice Later(RolloutDevice device) =>
        !rollout.MayOffer ? device with { DueAt = now + Far }
        : rollout.Room <= 0 ? device with { Code = Because.Wave, Reason = null, DueAt = now + Far }
        : _windowOpens is { } opens ? device with { Code = Because.Window, Reason = null, Until = opens, DueAt = opens }
        // Those before it take a second or more.
        : device with { Code = Because.Pace, Reason = null, DueAt = now + TimeSpan.FromSeconds(Math.Clamp(60.0 / rollout.Rules.PacePerMinute, 1, 60)) };

    private RolloutDevice Offer(RolloutDevice device, TurnFacts facts, Dictionary<string, int> behind)
    {
        var seen = facts.Seen.GetValueOrDefault(device.Id);
        var cost = (device.Model is { } model ? facts.Costs.GetValueOrDefault(model) : null) ?? UpdateCost.Unknown;
        if (OfferRules.Refuse(device, seen, rollout.Rules, cost.Percent(device.SizeBytes), now) is { } waits)
            return waits;
        if (rollout.Rules.PerGateway is { } most && seen!.Gateway is { } gateway)
        {
            if (rollout.Counts.Behind(gateway) + facts.Behind.GetValueOrDefault(gateway) + behind.GetValueOrDefault(gateway) >= most)
                return OfferRules.Wait(device, Because.Gateway, $"{most} devices behind {gateway} are updating.", null, now);
            behind[gateway] = behind.GetValueOrDefault(gateway) + 1;
        }

        return device.To(UpdateStep.Offering) with
        {
            ToldAt = now,
            ObservedAt = null,
            Attempt = device.Attempt + 1,
            // The pause grows while it is another track's each time.
            Looks = device.Code == Because.OtherTrack ? device.Looks : 0,
            Gateway = rollout.Rules.PerGateway is null ? null : seen!.Gateway,
            Interval = seen!.Interval,
            Baseline = Baseline.Of(seen, now),
            DueAt = now + Patience,
        };
    }

    private RolloutDevice Look(RolloutDevice device, TurnFacts facts)
    {
        var seen = facts.Seen.GetValueOrDefault(device.Id);
        var report = facts.Reports.GetValueOrDefault(device.Id);
        if (report is not null && !device.IsAbout(report))
            report = null;
        var told = new ToldDevice(
            facts.Digest, device.PlatformDigest, device.ToldAt ?? now, device.Baseline ?? Baseline.Of(seen, now), report,
            device.IsWatched ? null : device.ObservedAt, device.SizeBytes);
        var finding = DeviceJudge.Look(told, seen, rollout.Rules, now);
        if (device.IsWatched)
            return finding.Kind is FindingKind.Observed or FindingKind.Soaked ? Observed(device, finding) : Unwatch(device);
        return finding.Kind switch
        {
            FindingKind.Observed => Observed(device, finding),
            FindingKind.Soaked => device.To(UpdateStep.Done),
            FindingKind.Failed => Watch(device.To(UpdateStep.Failed, finding.Code, finding.Reason)),
            FindingKind.Lost => Watch(device.To(UpdateStep.Lost, finding.Code, finding.Reason)),
            _ => Pending(device, report, finding),
        };
    }

    private RolloutDevice Observed(RolloutDevice device, DeviceFinding finding) =>
        device.To(UpdateStep.Observed) with { ObservedAt = device.Step == UpdateStep.Observed ? device.ObservedAt : now, DueAt = finding.LookAgainAt > now ? finding.LookAgainAt : now + TimeSpan.FromSeconds(1) };

    private RolloutDevice Pending(RolloutDevice device, ReportedState? report, DeviceFinding finding)
    {
        var deferred = device.Step == UpdateStep.Told && report?.State == UpdateState.Deferred;
        return device with
        {
            Code = deferred ? Because.Deferred : finding.Code,
            Reason = deferred ? report!.Reason : finding.Reason,
            Until = deferred ? report!.Until : null,
            DueAt = finding.LookAgainAt > now ? finding.LookAgainAt : now + TimeSpan.FromSeconds(1),
        };
    }

    private RolloutDevice Watch(RolloutDevice device) => device with { DueAt = now + TimeSpan.FromMinutes(1) };

    /// <summary>Each pause is twice the one before, up to six hours; after a month it is over.</summary>
    private RolloutDevice Unwatch(RolloutDevice device) => now - device.ToldAt > LongestWatch
        ? device with { DueAt = DateTimeOffset.MaxValue }
        : device with { Looks = device.Looks + 1, DueAt = now + TimeSpan.FromMinutes(Math.Min(360, Math.Pow(2, Math.Min(device.Looks, 10)))) };
}
