using IoTBackend.Core.Detection.Battery;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>Why a device fell silent, as far as the evidence goes.</summary>
internal enum SilenceCause
{
    Unknown,
    Power,
    Link,
    Gateway,
    Device,
    Update,
}

internal static class SilenceCauses
{
    /// <summary>The cause as alerts name it: a contract.</summary>
    public static string Name(this SilenceCause cause) => cause switch
    {
        SilenceCause.Power => "power",
        SilenceCause.Link => "link",
        SilenceCause.Gateway => "gateway",
        SilenceCause.Device => "device",
        SilenceCause.Update => "update",
        _ => "unknown",
    };

    /// <summary>What the time before the silence suggests.</summary>
    public static SilenceCause Before(DetectionPolicy policy, in DetectionState state)
    {
        ref readonly var silence = ref state.Silence;
        var interval = SilenceDetector.Interval(policy, in state).TotalMilliseconds;
        if (BatteryDetector.IsEnding(policy, in state))
            return SilenceCause.Power;
        if (silence.ImageSwitchedAt != 0 && silence.LastArrival - silence.ImageSwitchedAt <= 1.5 * interval)
            return SilenceCause.Update;
        return LinkDetector.IsWeak(policy, in state) ? SilenceCause.Link : SilenceCause.Unknown;
    }

    /// <summary>What the counter says when the device is back: it went on (link), stood still or started over (device).</summary>
    /// <param name="before">The cause stated when it fell silent.</param>
    /// <param name="step">What the first counter value is.</param>
    /// <param name="sent">Messages the device sent meanwhile by its counter.</param>
    /// <param name="due">Messages it would have sent in that time.</param>
    public static SilenceCause After(SilenceCause before, SequenceStep step, double sent, double due) => step switch
    {
        SequenceStep.Unknown => before,
        SequenceStep.Reset or SequenceStep.Stray or SequenceStep.Late => before is SilenceCause.Power or SilenceCause.Update ? before : SilenceCause.Device,
        _ when sent < 0.1 * due => before is SilenceCause.Power or SilenceCause.Update ? before : SilenceCause.Device,
        _ => before is SilenceCause.Gateway ? before : SilenceCause.Link,
    };
}
