namespace IoTBackend.Cost;

/// <summary>How well the lines between measured loads meet a load that they were not drawn through.</summary>
internal static class Check
{
    private static readonly (Meter Meter, string What)[] Checked =
    [
        (Meter.TableRequests, "table requests"), (Meter.BlobWrites, "blob writes"), (Meter.Runs, "runs"), (Meter.AwakeSeconds, "seconds awake"), (Meter.CpuSeconds, "processor time"),
    ];

    /// <summary>The load in the middle is left out and worked out from its neighbours.</summary>
    public static IEnumerable<string> Of(Measurement measured)
    {
        var points = measured.Points.Where(p => p.PerRequest == 1).OrderBy(p => p.PerSecond).ToList();
        if (points.Count < 4)
            yield break;
        var left = points[points.Count / 2 + 1];
        foreach (var (meter, what) in Checked)
        {
            var (real, drawn) = Deviation(points, left, meter);
            yield return $"  {left.Devices:N0} devices at {left.PerHour} an hour, left out: {what} an hour {drawn:N0}, measured {real:N0} ({(real == 0 ? 0 : drawn / real - 1):+0 %;-0 %;0 %})";
        }
    }

    public static (decimal Measured, decimal Drawn) Deviation(IReadOnlyList<MeasuredPoint> points, MeasuredPoint left, Meter meter) =>
        (new FleetUse(points, Profile.Dev).At(meter, left.PerSecond), new FleetUse([.. points.Where(p => p != left)], Profile.Dev).At(meter, left.PerSecond));
}
