using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>In and out again and again: one alert for the habit instead of one per silence.</summary>
internal struct FlappingState
{
    public long RaisedAt;

    /// <summary>Fading count of silences over about <see cref="FlappingDetector.Window"/> intervals.</summary>
    public float Silences;

    /// <summary>Intervals since the latest <c>device.offline</c> was raised, up to 1000; 0 = none raised yet.</summary>
    public int SinceOffline;
}

internal static class FlappingDetector
{
    public const int Window = 100;

    public static void Observe(DetectionPolicy policy, ref FlappingState flapping, bool wasSilent, long now, List<Signal> signals)
    {
        if (flapping.SinceOffline > 0)
            flapping.SinceOffline = Math.Min(flapping.SinceOffline + 1, 1000);
        flapping.Silences = flapping.Silences * (1 - 1f / Window) + (wasSilent ? 1 : 0);
        var raise = flapping.RaisedAt == 0 && flapping.Silences >= 0.75 * policy.FlappingSilences;
        if (raise)
            flapping.RaisedAt = now;
        else if (flapping.RaisedAt == 0 || flapping.Silences >= 0.2 * policy.FlappingSilences)
            return;
        signals.Add(Say.Signal(
            AlertKind.DeviceFlapping,
            raise ? AlertChange.Opened : AlertChange.Cleared,
            Severity.Warning,
            flapping.RaisedAt,
            now,
            raise ? $"Fell silent and came back about {flapping.Silences:0} times within {Window} intervals." : "Reports steadily again.",
            null,
            new() { ["silences"] = Math.Round(flapping.Silences, 1), ["intervals"] = Window }));
        if (!raise)
            flapping.RaisedAt = 0;
    }
}
