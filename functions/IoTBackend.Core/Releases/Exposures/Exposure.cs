using IoTBackend.Core.Releases.Gates;

namespace IoTBackend.Core.Releases.Exposures;

/// <summary>
/// Which devices run an image that a vulnerability or package concerns, and which release mends it. Answered from what is stored and from what
/// telemetry says, without asking a registry, whatever the number of devices.
/// </summary>
public sealed class Exposure(FleetImages fleet, IEvidenceStore evidence)
{
    /// <summary>Named of what is unknown: a device can name any image.</summary>
    private const int MostUnknown = 100;

    /// <param name="At">When it was looked what devices run.</param>
    /// <param name="Devices">How many are concerned.</param>
    /// <param name="Concerned">One line per device and track, in their order.</param>
    /// <param name="Unknown">
    /// What devices run and of which no scan or SBOM was ever seen: a release's id, or an image that is none. They may be concerned. The first 100, and how many more.
    /// </param>
    public sealed record ExposureAnswer(DateTimeOffset At, int Devices, IReadOnlyList<ExposedDevice> Concerned, IReadOnlyList<string> Unknown);

    /// <param name="Seen">Its telemetry names the image; false = it was told it.</param>
    /// <param name="Because">The package, or the vulnerability where no package is named.</param>
    /// <param name="MendedBy">Tag of the newest later release that it does not concern; null = there is none.</param>
    public sealed record ExposedDevice(
        string DeviceId, string Track, string Tag, string Release, string PlatformDigest, bool Seen, string Because, string? MendedBy)
    {
        public int CompareTo(string deviceId, string track) => string.CompareOrdinal(DeviceId, deviceId) is var order and not 0 ? order : string.CompareOrdinal(Track, track);
    }

    public async Task<ExposureAnswer> RunAsync(string? cve, string? package, CancellationToken cancellationToken)
    {
        var picture = await fleet.LastAsync(cancellationToken);
        var because = await BecauseAsync(picture.ByRelease.ContainsKey, cve, package, cancellationToken);
        var hit = because.Where(b => b.Value is not null).Select(b => b.Key).ToList();
        var tracks = hit.Select(TrackOf).ToHashSet(StringComparer.Ordinal);
        // What nobody runs matters only where it may mend something.
        foreach (var (id, why) in await BecauseAsync(id => !because.ContainsKey(id) && picture.Releases.TryGetValue(id, out var release) && tracks.Contains(release.Track), cve, package, cancellationToken))
            because.Add(id, why);

        var concerned = new List<ExposedDevice>();
        foreach (var id in hit)
        {
            var release = picture.Releases.GetValueOrDefault(id);
            var track = TrackOf(id);
            var mended = picture.Releases.Values.Where(r => r.Track == track && r.FirstSeenAt > release?.FirstSeenAt && because.TryGetValue(r.Id, out var its) && its is null)
                .MaxBy(r => r.FirstSeenAt)?.Tag;
            concerned.AddRange(picture.Of(id).Select(d => new ExposedDevice(d.DeviceId, track, release?.Tag ?? "", id, d.PlatformDigest, d.IsSeen, because[id]!, mended)));
        }

        concerned.Sort((a, b) => a.CompareTo(b.DeviceId, b.Track));
        var unknown = picture.ByRelease.Keys.Where(id => !because.ContainsKey(id)).Concat(picture.Unknown.Select(u => $"{u.Key} ({u.Value})")).Order(StringComparer.Ordinal).ToList();
        return new(
            picture.At,
            concerned.Where((line, i) => i == 0 || line.DeviceId != concerned[i - 1].DeviceId).Count(),
            concerned,
            unknown.Count <= MostUnknown ? unknown : [.. unknown.Take(MostUnknown), $"and {unknown.Count - MostUnknown} more"]);
    }

    private static string TrackOf(string release) => Release.TrackOf(release) ?? "";

    /// <summary>By release of which something is known: why it is concerned, or null.</summary>
    private async Task<Dictionary<string, string?>> BecauseAsync(Predicate<string> of, string? cve, string? package, CancellationToken cancellationToken)
    {
        var because = new Dictionary<string, string?>(StringComparer.Ordinal);
        await foreach (var (id, contents) in evidence.ListAsync(of, cancellationToken))
        {
            if (contents.IsKnown)
                because[id] = contents.Concerns(cve, package);
        }

        return because;
    }
}
