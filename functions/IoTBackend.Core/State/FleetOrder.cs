using IoTBackend.Core.Shared;

namespace IoTBackend.Core.State;

/// <summary>Orders in which the fleet can be seen. Devices that have no such value come last, either way round; equals stand by id.</summary>
public sealed class FleetOrder : IComparer<FleetEntry>
{
    private static readonly Dictionary<string, Func<FleetEntry, IComparable?>> Keys = new(StringComparer.OrdinalIgnoreCase)
    {
        ["id"] = _ => null,
        ["status"] = e => e.Status,
        ["model"] = e => e.Device.Model,
        ["lastSeen"] = e => e.Condition?.LastSeenAt,
        ["battery"] = e => e.Condition?.Battery?.Percent,
        ["empty"] = e => e.Condition?.Forecast?.Empty?.ExpectedAt,
        ["rssi"] = e => e.Condition?.Link?.Rssi,
        ["loss"] = e => e.Condition?.Link?.LossRatio,
    };

    private readonly Func<FleetEntry, IComparable?> _key;
    private readonly bool _isDescending;

    private FleetOrder(Func<FleetEntry, IComparable?> key, bool isDescending) => (_key, _isDescending) = (key, isDescending);

    /// <param name="text">A name, with a minus before it to turn it round.</param>
    public static Result<FleetOrder> Parse(string text)
    {
        var name = text.TrimStart('-');
        return Keys.TryGetValue(name, out var key) && text.Length - name.Length <= 1
            ? new FleetOrder(key, text.StartsWith('-'))
            : Result<FleetOrder>.Rejected($"sort is one of {string.Join(", ", Keys.Keys)}, with a minus before it for the other way round.");
    }

    public int Compare(FleetEntry? x, FleetEntry? y)
    {
        var (a, b) = (_key(x!), _key(y!));
        var compared = (a, b) switch
        {
            (null, null) => 0,
            (null, _) => 1,
            (_, null) => -1,
            (string s, string t) => string.CompareOrdinal(s, t),
            _ => a.CompareTo(b),
        };
        if (compared == 0)
            return string.CompareOrdinal(x!.Device.Id, y!.Device.Id) * (_isDescending && a is null && b is null ? -1 : 1);
        return _isDescending && a is not null && b is not null ? -compared : compared;
    }
}
