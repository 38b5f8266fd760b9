namespace IoTBackend.Cost;

/// <summary>
/// What a fleet uses in an hour. Each meter follows the events a second, or the readings where their bytes and parsing count: at a measured load it is what was measured, between two it
/// lies on the line between them, beyond the largest it grows in proportion.
/// </summary>
internal sealed class FleetUse
{
    private const decimal SecondsPerHour = 3600;

    /// <summary>A device is looked up once an hour (DeviceCatalog) by the processor's instance, longer than a measurement.</summary>
    private const decimal LookupsPerDeviceHour = 1;

    /// <summary>
    /// Five reports later at the latest a device comes up in the sweep (SilenceDetector), which reads its state, in an instance of its own,
    /// and moves it on in a transaction of up to 33 devices. Longer than a measurement.
    /// </summary>
    private const decimal SweepsPerReport = 1 / 5m;
    private const decimal RequestsPerSweptDevice = 1 + 1 / 33m;

    /// <summary>Every minute, as in the parameter files: in every measurement. The others are counted by <see cref="Estimate"/>.</summary>
    private static readonly string[] MinuteTimers = ["SweepSilences", "KeepAlerts"];
    private static readonly string[] OtherTimers = ["ReconcileReleases", "HourlyUpkeep"];

    private const string Processor = "ProcessTelemetry";

    private readonly List<(decimal PerSecond, Dictionary<Meter, decimal> PerHour)> _points;

    private readonly decimal _cpuPerRequest;
    private readonly Profile _profile;

    public FleetUse(IReadOnlyCollection<MeasuredPoint> points, Profile profile)
    {
        _profile = profile;
        _points = [.. points.Where(p => p.PerRequest == 1).OrderBy(p => p.PerSecond).Select(p => (p.PerSecond, PerHour(p)))];
        // The same readings in fewer requests: the difference is what requests take.
        _cpuPerRequest = points.FirstOrDefault(p => p.PerRequest > 1) is not { } tens ? 0
            : Math.Max(0, At(Meter.CpuSeconds, tens.PerSecond) - PerHour(tens)[Meter.CpuSeconds]) / (tens.PerSecond * SecondsPerHour * (1 - 1m / tens.PerRequest));
    }

    public decimal Of(Meter meter, Fleet fleet)
    {
        var measured = At(meter, meter is Meter.CpuSeconds or Meter.ArchiveBytes ? fleet.PerSecond : fleet.EventsPerSecond);
        return meter switch
        {
            Meter.BlobLists => measured + HostCadence.ListsPerHour,
            Meter.BlobOthers => measured + HostCadence.OthersPerHour(_profile),
            // Polling takes processor time too, but nobody is billed for an instance that runs nothing.
            Meter.CpuSeconds => measured - At(meter, 0) - _cpuPerRequest * SecondsPerHour * (fleet.PerSecond - fleet.EventsPerSecond),
            Meter.TableRequests => measured + fleet.Devices * LookupsPerDeviceHour + fleet.EventsPerSecond * SecondsPerHour * SweepsPerReport * RequestsPerSweptDevice,
            _ => measured,
        };
    }

    /// <summary>As measured, by the hour.</summary>
    public decimal At(Meter meter, decimal perSecond)
    {
        var at = _points.FindIndex(p => p.PerSecond >= perSecond);
        if (at == 0)
            return _points[0].PerHour[meter];
        var (above, below) = at < 0 ? (_points[^1], default) : (_points[at], _points[at - 1]);
        if (at < 0)
            return above.PerHour[meter] * perSecond / above.PerSecond;
        return below.PerHour[meter] + (perSecond - below.PerSecond) * (above.PerHour[meter] - below.PerHour[meter]) / (above.PerSecond - below.PerSecond);
    }

    private static Dictionary<Meter, decimal> PerHour(MeasuredPoint point)
    {
        var hours = point.Seconds / SecondsPerHour;
        var http = point.Runs.Keys.Where(f => !point.BilledSeconds.ContainsKey(f)).ToHashSet(StringComparer.Ordinal);
        var found = new Dictionary<Meter, decimal>
        {
            [Meter.Runs] = point.Runs.Where(r => !http.Contains(r.Key) && !MinuteTimers.Contains(r.Key) && !OtherTimers.Contains(r.Key)).Sum(r => r.Value),
            [Meter.AwakeSeconds] = point.Runs.Where(r => !http.Contains(r.Key) && !OtherTimers.Contains(r.Key)).Sum(r => Awake(r.Value, point.BusySeconds.GetValueOrDefault(r.Key), point.Seconds)),
            [Meter.CpuSeconds] = point.CpuSeconds,
            [Meter.HttpSeconds] = point.BusySeconds.Where(f => http.Contains(f.Key)).Sum(f => f.Value),
            [Meter.ProcessorSeconds] = point.BusySeconds.GetValueOrDefault(Processor),
            [Meter.ArchiveBytes] = point.ArchiveBytes,
        };
        foreach (var meter in Enum.GetValues<Meter>())
            found.TryAdd(meter, point.Requests.Where(r => StorageOperation.MeterOf(r.Key) == meter).Sum(r => r.Value));
        return found.ToDictionary(m => m.Key, m => m.Value / hours);
    }

    /// <summary>
    /// Seconds billed for runs that come at random, each at least one: where λ of them run at a time on average, none does e^-λ of the time.
    /// On one machine the partitions' batches end together, so that what was measured there (BilledSeconds) is less.
    /// </summary>
    private static decimal Awake(long runs, decimal busySeconds, decimal seconds) =>
        (decimal)(1 - Math.Exp(-(double)(Math.Max(runs, busySeconds) / seconds))) * seconds;
}
