using IoTBackend.Core.Detection;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Signals;

namespace Core.Tests.Detection;

/// <summary>A device under detection: reports as told, and is swept whenever it falls due in between.</summary>
internal sealed class WatchedDevice(DetectionPolicy? policy = null)
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public DetectionPolicy Policy { get; } = policy ?? new();

    public DetectionState State;

    public DateTimeOffset Now { get; private set; } = Start;

    public DateTimeOffset HeldSince { get; set; } = DateTimeOffset.MinValue;

    public List<Signal> Signals { get; } = [];

    public DeviceHealth Health => State.Health(Policy, Now);

    public IEnumerable<Signal> Opened(AlertKind kind) => Signals.Where(s => s.Kind == kind && s.Change == AlertChange.Opened);

    public IEnumerable<Signal> Of(AlertKind kind) => Signals.Where(s => s.Kind == kind);

    /// <summary>Lets time pass in silence.</summary>
    public WatchedDevice Wait(TimeSpan time)
    {
        var until = Now + time;
        while (Detectors.DueAt(Policy, in State) is { } due && due < until)
        {
            Detectors.Judge(Policy, ref State, due, HeldSince, Signals);
            Assert.True(Detectors.DueAt(Policy, in State) is not { } next || next > due, "the sweep would look again and again");
        }
        Now = until;
        return this;
    }

    public WatchedDevice Hear(Reading reading)
    {
        Detectors.Observe(Policy, ref State, in reading, Now, Signals);
        return this;
    }

    /// <summary>So many reports, each after one interval.</summary>
    public WatchedDevice Report(int times, TimeSpan interval, Func<int, Reading>? reading = null)
    {
        for (var i = 0; i < times; i++)
            Wait(interval).Hear(reading?.Invoke(i) ?? new Reading { Sequence = ++Sequence });
        return this;
    }

    public long Sequence { get; set; }
}
