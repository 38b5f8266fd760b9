using System.Text.Json;

namespace IoTBackend.Cost;

/// <summary>What the running backend used, as <c>scripts/bench cost</c> writes it to infra/NAME.measured.json.</summary>
/// <param name="MeasuredAt">When.</param>
/// <param name="How">On what, in words.</param>
/// <param name="BytesPerReading">Of one event in the hub.</param>
/// <param name="Points">Each at one load; the first without any.</param>
/// <param name="Settings">The parameter file whose settings the backend had.</param>
internal sealed record Measurement(DateTimeOffset MeasuredAt, string How, decimal BytesPerReading, IReadOnlyList<MeasuredPoint> Points, string Settings = "dev")
{
    public Profile Profile => Profile.Of(Settings);

    public static Measurement Parse(string json) =>
        JsonSerializer.Deserialize<Measurement>(json, JsonSerializerOptions.Web) ?? throw new JsonException("The measurement is null.");
}

/// <param name="Devices">Of the fleet this stands for.</param>
/// <param name="PerHour">Readings of one device an hour.</param>
/// <param name="Senders">Devices that really sent; fewer than <paramref name="Devices"/> send as much oftener.</param>
/// <param name="Seconds">Length.</param>
/// <param name="Readings">Sent and acknowledged.</param>
/// <param name="CpuSeconds">Of the process that runs the functions.</param>
/// <param name="Runs">Invocations by function.</param>
/// <param name="BusySeconds">Their durations, added up.</param>
/// <param name="BilledSeconds">By scale group: what <see cref="BilledTime"/> says of one instance.</param>
/// <param name="Requests">To storage, by service and kind: <c>tables GET DeviceStates query</c>.</param>
/// <param name="ArchiveBytes">Appended to the archive.</param>
/// <param name="Spans">Of the app's own sources, before sampling.</param>
/// <param name="PerRequest">Readings in one HTTP request.</param>
/// <param name="Processed">Readings stored meanwhile.</param>
internal sealed record MeasuredPoint(
    long Devices, decimal PerHour, long Senders, decimal Seconds, long Readings, decimal CpuSeconds,
    IReadOnlyDictionary<string, long> Runs, IReadOnlyDictionary<string, decimal> BusySeconds, IReadOnlyDictionary<string, decimal> BilledSeconds,
    IReadOnlyDictionary<string, long> Requests, long ArchiveBytes, long Spans, int PerRequest = 1, long Processed = 0)
{
    public decimal PerSecond => Readings / Seconds;

    /// <summary>
    /// Where the processor was behind, or caught up with what an earlier load had left, by more than batches explain: what came of
    /// the readings it did store, in proportion to those that were sent. What the stack does at rest stays as it is.
    /// </summary>
    public MeasuredPoint AsIfKeptUp(MeasuredPoint atRest)
    {
        if (Processed == 0 || Math.Abs(Processed - Readings) < PerSecond * BatchesOf)
            return this;
        var (share, rest) = ((decimal)Readings / Processed, Seconds / atRest.Seconds);
        decimal Scaled(decimal measured, decimal still) => Math.Max(0, measured - still * rest) * share + still * rest;
        return this with
        {
            Runs = Runs.ToDictionary(r => r.Key, r => BilledSeconds.ContainsKey(r.Key) ? (long)Scaled(r.Value, atRest.Runs.GetValueOrDefault(r.Key)) : r.Value),
            BusySeconds = BusySeconds.ToDictionary(r => r.Key, r => BilledSeconds.ContainsKey(r.Key) ? Scaled(r.Value, atRest.BusySeconds.GetValueOrDefault(r.Key)) : r.Value),
            // All of it, though requests took their part whether or not their readings were stored: rather too much than too little.
            CpuSeconds = Math.Max(CpuSeconds, Scaled(CpuSeconds, atRest.CpuSeconds)),
            ArchiveBytes = (long)(ArchiveBytes * share),
            Requests = Requests.ToDictionary(r => r.Key, r => (long)Scaled(r.Value, atRest.Requests.GetValueOrDefault(r.Key))),
        };
    }

    /// <summary>Seconds of readings that wait for company at any moment, twice.</summary>
    private const int BatchesOf = 20;
}
