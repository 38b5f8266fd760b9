using System.Diagnostics;

namespace IoTBackend.Benchmarks.Ingest;

/// <summary>Turns at a steady rate; who is late takes the turns it missed at once, so that the rate holds over the run.</summary>
/// <param name="pause">Between two turns; zero = no waiting.</param>
/// <param name="first">Before the first turn.</param>
internal sealed class Pace(TimeSpan pause, TimeSpan first = default)
{
    private readonly long _started = Stopwatch.GetTimestamp();

    public Task TurnAsync(long turn)
    {
        var left = pause == TimeSpan.Zero ? TimeSpan.Zero : first + (pause * turn) - Stopwatch.GetElapsedTime(_started);
        return left > TimeSpan.Zero ? Task.Delay(left) : Task.CompletedTask;
    }
}
