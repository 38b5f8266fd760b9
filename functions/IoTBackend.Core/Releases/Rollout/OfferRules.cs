using IoTBackend.Core.Releases.Judging;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>Whether a device may be told now, by what is known of it.</summary>
internal static class OfferRules
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    /// <param name="cost">Charge the update is expected to cost, percent.</param>
    /// <returns>The device as it waits; null = it may be told.</returns>
    public static RolloutDevice? Refuse(RolloutDevice device, Sighting? seen, TrackRollout rules, double cost, DateTimeOffset now)
    {
        if (seen is null || seen.IsSilent)
            return Wait(device, Because.Offline, seen is null ? "Nothing was heard of it yet." : $"Not heard since {seen.LastSeen:u}.", null, now);
        if (!seen.HasBattery || seen.IsCharging || seen.BatteryPercent is not { } percent || percent - cost >= rules.MinBatteryPercent)
            return null;
        return 100 - cost < rules.MinBatteryPercent
            ? Wait(device, Because.Charging, $"The update costs {cost:0} % of a charge; it has to be charging for it.", null, now)
            : Wait(device, Because.Battery, $"{percent:0} % charge, {cost:0} % of it for the update, would leave less than {rules.MinBatteryPercent} %.", null, now);
    }

    /// <summary>Looked at again after a pause that doubles while nothing changes, and when it is expected to be over at the latest.</summary>
    public static RolloutDevice Wait(RolloutDevice device, string code, string? reason, DateTimeOffset? until, DateTimeOffset now)
    {
        var looks = device.Code == code ? device.Looks + 1 : 0;
        var pause = First * Math.Pow(2, Math.Min(looks, 10));
        var due = now + (pause < Longest ? pause : Longest);
        due = until > now && until < due ? until.Value : due;
        return device with { Step = UpdateStep.Waiting, Code = code, Reason = reason, Until = until, Looks = looks, DueAt = due };
    }
}
