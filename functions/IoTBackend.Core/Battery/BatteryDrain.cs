using IoTBackend.Core.Detection;

namespace IoTBackend.Core.Battery;

internal static class BatteryDrain
{
    public static void Observe(DetectionPolicy policy, ref BatteryState battery, long now, List<Signal> signals)
    {
        _ = (policy, battery.DrainRaisedAt, now, signals);
    }
}
