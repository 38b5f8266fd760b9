namespace IoTBackend.Core.Releases.Exposures;

/// <param name="Digest">As the device last named it: the index' or its platform's.</param>
public readonly record struct RunningImage(string DeviceId, string Track, string Digest);

/// <summary>What devices say they run.</summary>
public interface IRunningImages
{
    /// <summary>Of all devices whose telemetry names an image.</summary>
    IAsyncEnumerable<RunningImage> ListImagesAsync(CancellationToken cancellationToken);
}
