using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Judging;

namespace IoTBackend.Benchmarks.Rollouts;

/// <param name="StoppedBy">The criterion; null = it went through, was paused, or the recording ended.</param>
/// <param name="FirstDrain">The first verdict on the drain that was one; null = it never could tell.</param>
/// <param name="Waves">Waves begun.</param>
/// <param name="Said">Of the criterion that stopped it, or of the drain at last.</param>
internal sealed record ReplayOutcome(string? StoppedBy, Answer? FirstDrain, int Waves, TimeSpan Took, string? Said, bool Paused, string Fleet = "");

/// <summary>One release, wave by wave, over devices whose telemetry is replayed: what the engine does with the judges, without its stores.</summary>
internal sealed class ReleaseReplay(IReadOnlyList<ReplayedDevice> fleet, TrackRollout rules, Random random)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan LongestWave = TimeSpan.FromDays(2);

    private readonly List<Begun> _begun = [];
    private StopMemory _memory = StopMemory.None;
    private Answer? _firstDrain;
    private int _failed;

    /// <param name="from">When it begins; devices have a past before.</param>
    /// <param name="until">End of what is known.</param>
    /// <param name="told">Begins the update on a device.</param>
    public ReplayOutcome Run(DateTimeOffset from, DateTimeOffset until, Action<ReplayedDevice, DateTimeOffset> told)
    {
        var (now, waves, waveAt, waitUntil, goesOn) = (from, 0, from, from, true);
        var limits = rules.Limits(fleet.Count);
        foreach (var device in fleet)
            device.Advance(now);
        while (now < until)
        {
            if (goesOn)
            {
                foreach (var device in fleet.Skip(_begun.Count).Take(limits[waves] - _begun.Count).ToArray())
                {
                    told(device, now);
                    _begun.Add(new(device, now, Baseline.Of(Seen(device, now), now)));
                }
                (waves, waveAt, goesOn) = (waves + 1, now, false);
            }
            now += Tick;
            foreach (var device in fleet)
                device.Advance(now);
            ReplayedDevice.FallSilentTogether(fleet, now);
            foreach (var device in _begun)
                device.Look(now, rules);
            var (isOver, failed) = (_begun.TrueForAll(d => d.IsFinal) || now - waveAt > LongestWave, _begun.Count(d => d.HasFailed));
            var isWhole = isOver && now >= waitUntil;
            // As the engine: at the end of a wave, and whenever another device has failed.
            if (!isWhole && failed == _failed)
                continue;
            _failed = failed;
            var found = StopJudge.Judge(Evidence(now, isWhole), _memory, rules);
            _memory = found.Memory;
            _firstDrain ??= _memory.Drain is { Answer: not Answer.CannotTell } drain ? drain.Answer : null;
            if (found.Next == NextStep.Stop)
                return new(found.Criteria.First(c => c.Answer == Answer.Worse).Criterion, _firstDrain, waves, now - from, found.Reason, false);
            if (!isWhole)
                continue;
            if (found.Next == NextStep.Pause)
                return new(null, _firstDrain, waves, now - from, _memory.Drain?.Reason, true);
            if (found.Next == NextStep.Wait)
                waitUntil = found.LookAgainAt!.Value;
            else if (waves == limits.Count)
                break;
            else
                goesOn = true;
        }
        return new(null, _firstDrain, waves, now - from, _memory.Drain?.Reason, false);
    }

    private RolloutEvidence Evidence(DateTimeOffset now, bool isWhole)
    {
        var counted = _begun.Where(d => !d.IsLost).ToArray();
        var cohorts = counted.GroupBy(d => (d.Device.Model, d.Device.Platform))
            .Select(g => new CohortCount(g.Key.Model, g.Key.Platform, g.Count(), g.Count(d => d.IsFinal), g.Count(d => d.HasFailed))).ToArray();
        var waiting = fleet.Skip(_begun.Count).ToArray();
        return new(cohorts, waiting.Length, now)
        {
            Updated = isWhole ? [.. counted.Where(d => d.IsObserved || d.HasFailed).Select(d => Watch(d.Device, d.ToldAt, now))] : [],
            Others = isWhole ? [.. waiting.OrderBy(_ => random.Next()).Select(d => Watch(d, null, now))] : [],
        };
    }

    private static Watched Watch(ReplayedDevice device, DateTimeOffset? told, DateTimeOffset now) => new(device.Id, device.Model, device.Platform, Seen(device, now), told);

    private static Sighting Seen(ReplayedDevice device, DateTimeOffset now) => Sighting.Of(device.Policy, in device.State, "sensor", now);

    private sealed class Begun(ReplayedDevice device, DateTimeOffset toldAt, Baseline baseline)
    {
        private DateTimeOffset? _observedAt;

        public ReplayedDevice Device => device;

        public DateTimeOffset ToldAt => toldAt;

        public bool IsObserved => _observedAt is not null;

        public bool IsFinal { get; private set; }

        public bool IsLost { get; private set; }

        public bool HasFailed { get; private set; }

        public void Look(DateTimeOffset now, TrackRollout rules)
        {
            if (IsFinal)
                return;
            var report = new ReportedState { Release = "sensor-1", State = now < device.SwitchesAt ? UpdateState.Installing : UpdateState.Installed, At = now < device.SwitchesAt ? toldAt : device.SwitchesAt };
            var finding = DeviceJudge.Look(new(ReplayedDevice.New, "sha256:part", toldAt, baseline, report, _observedAt, 1 << 20), Seen(device, now), rules, now);
            if (finding.Kind == FindingKind.Observed)
                _observedAt ??= now;
            if (finding.Kind == FindingKind.Soaked)
                (_observedAt, IsFinal) = (_observedAt ?? now, true);
            if (finding.Kind == FindingKind.Failed)
                (IsFinal, HasFailed) = (true, true);
            if (finding.Kind == FindingKind.Lost)
                (IsFinal, IsLost) = (true, true);
        }
    }
}
