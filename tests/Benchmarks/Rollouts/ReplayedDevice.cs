using IoTBackend.Core.Detection;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Signals;

namespace IoTBackend.Benchmarks.Rollouts;

/// <summary>A device whose telemetry goes through the live detectors, and which takes an update when it is told.</summary>
internal abstract class ReplayedDevice(string id, string model, string platform, DetectionPolicy policy)
{
    public const string Old = "sha256:old", New = "sha256:new";

    private readonly List<Signal> _signals = [];
    private IEnumerator<(DateTimeOffset At, Reading Reading)>? _readings;
    private (DateTimeOffset At, Reading Reading)? _next;

    public DetectionState State;

    public string Id => id;

    public string Model => model;

    public string Platform => platform;

    public DetectionPolicy Policy => policy;

    /// <summary>When the new image begins to run; set by who tells it, before readings of that time are taken.</summary>
    public DateTimeOffset SwitchesAt { get; set; } = DateTimeOffset.MaxValue;

    /// <summary>Takes in what arrives until then, and judges the silence.</summary>
    public void Advance(DateTimeOffset until)
    {
        _readings ??= Readings().GetEnumerator();
        for (_next ??= Next(); _next is var (at, reading) && at <= until; _next = Next())
            Detectors.Observe(policy, ref State, reading with { Track = "sensor", Digest = at < SwitchesAt ? Old : New }, at, _signals);
        Detectors.Judge(policy, ref State, until, default, _signals);
        _signals.Clear();
    }

    /// <summary>The fleet is one site: what silences 60 % of it is an outage of the group, as <c>SweepGroups</c> has it.</summary>
    public static void FallSilentTogether(IReadOnlyList<ReplayedDevice> fleet, DateTimeOffset now)
    {
        var silent = fleet.Where(d => d.State.Status is ConnectivityStatus.Overdue or ConnectivityStatus.Offline).ToArray();
        if (silent.Length < 0.6 * fleet.Count)
            return;
        foreach (var device in silent)
            Detectors.Attach(ref device.State, "site", now, device._signals);
    }

    private (DateTimeOffset At, Reading Reading)? Next() => _readings!.MoveNext() ? _readings.Current : null;

    /// <summary>In order of time, made while they are read: what <see cref="SwitchesAt"/> changes is seen.</summary>
    protected abstract IEnumerable<(DateTimeOffset At, Reading Reading)> Readings();
}
