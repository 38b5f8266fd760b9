namespace IoTBackend.Core.Releases.Exposures;

/// <param name="Digest">As the device last named it: the index' or its platform's.</param>
/// <param name="Others">Images of its other tracks, by the hashes its state keeps of them; null = none.</param>
public readonly record struct RunningImage(string DeviceId, string Track, string Digest, IReadOnlyList<(uint Track, ulong Digest)>? Others = null);

/// <summary>What devices say they run.</summary>
public interface IRunningImages
{
    /// <summary>Of all devices whose telemetry names an image.</summary>
    IAsyncEnumerable<RunningImage> ListImagesAsync(CancellationToken cancellationToken);
}
