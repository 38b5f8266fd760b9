namespace IoTBackend.Core.Releases.Gates;

/// <summary>The budget per download, and what a device that runs the current release really fetches: the layers it has not.</summary>
public sealed class SizeGate() : PlainGate("size")
{
    public override Judgement Judge(GateCase release)
    {
        var images = release.Release.Platforms;
        if (images.Count == 0)
            return Judgement.Pass("There is nothing to download.");
        var largest = images.MaxBy(p => p.SizeBytes)!;
        var running = release.Current?.Platforms.FirstOrDefault(p => p.Platform == largest.Platform);
        var said = $"{largest.Platform} has {largest.SizeBytes} bytes to download"
            + (running is null ? "" : $", {largest.BytesAfter(running)} where {release.Current!.Tag} runs");
        return release.Track.Gates.MaxSizeBytes is not { } most ? Judgement.Pass($"No limit is set; {said}.")
            : largest.SizeBytes > most ? Judgement.Hold($"{said}: more than {most}.")
            : Judgement.Pass($"{said}; {most} are allowed.");
    }
}
