using System.Collections.Immutable;
using System.Text.Json;
using IoTBackend.Core.Releases.Judging;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>
/// Devices by step, and by step and code: <c>done</c>, <c>waiting</c>, <c>waiting:offline</c>. Changed only together with the devices they count, in one
/// transaction, so that they always add up to the fleet.
/// </summary>
public static class RolloutCounts
{
    public static readonly IReadOnlyDictionary<string, int> None = ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal);

    private static readonly string[] Names = [.. Enum.GetNames<UpdateStep>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    public static int Of(this IReadOnlyDictionary<string, int> counts, UpdateStep step) => counts.GetValueOrDefault(Names[(int)step]);

    public static int Of(this IReadOnlyDictionary<string, int> counts, UpdateStep step, string code) => counts.GetValueOrDefault($"{Names[(int)step]}:{code}");

    /// <summary>Told or further, and in the denominator.</summary>
    public static int Begun(this IReadOnlyDictionary<string, int> counts) => counts.Open() + counts.Settled();

    /// <summary>Begun and not through.</summary>
    public static int Open(this IReadOnlyDictionary<string, int> counts) => counts.Of(UpdateStep.Offering) + counts.Of(UpdateStep.Told) + counts.Of(UpdateStep.Observed);

    public static int Settled(this IReadOnlyDictionary<string, int> counts) => counts.Of(UpdateStep.Done) + counts.Of(UpdateStep.Failed);

    /// <summary>Told, and nobody knows how it ended.</summary>
    public static int Watched(this IReadOnlyDictionary<string, int> counts) => RolloutDevice.WatchedCodes.Sum(w => counts.Of(w.Step, w.Code));

    public static int Total(this IReadOnlyDictionary<string, int> counts) => Enum.GetValues<UpdateStep>().Sum(counts.Of);

    /// <summary>By code, of one step.</summary>
    public static IReadOnlyDictionary<string, int> By(this IReadOnlyDictionary<string, int> counts, UpdateStep step)
    {
        var prefix = Names[(int)step] + ':';
        return counts.Where(c => c.Key.StartsWith(prefix, StringComparison.Ordinal)).ToImmutableSortedDictionary(c => c.Key[prefix.Length..], c => c.Value, StringComparer.Ordinal);
    }

    /// <summary>Devices that have not begun, by what they wait for; those of which nothing is said wait for their wave. All that wait for their turn only wait for an operator where one has to decide.</summary>
    public static IReadOnlyDictionary<string, int> Waiting(this StagedRollout rollout)
    {
        var waiting = rollout.Counts.By(UpdateStep.Waiting);
        if (rollout.WaitsForOperator is not { } halt)
            return waiting;
        var others = waiting.Where(w => !Because.IsTurn(w.Key)).ToImmutableSortedDictionary(StringComparer.Ordinal);
        return rollout.Counts.Of(UpdateStep.Waiting) - others.Values.Sum() is > 0 and var halted ? others.Add(halt, halted) : others;
    }

    /// <summary>Devices that switch behind a gateway.</summary>
    public static int Behind(this IReadOnlyDictionary<string, int> counts, string gateway) => counts.GetValueOrDefault($"@{gateway}");

    /// <summary>The same of all gateways.</summary>
    public static IEnumerable<KeyValuePair<string, int>> Behind(this IReadOnlyDictionary<string, int> counts) =>
        counts.Where(c => c.Key[0] == '@').Select(c => KeyValuePair.Create(c.Key[1..], c.Value));

    /// <summary>Devices of one model and platform that have begun.</summary>
    public static IEnumerable<CohortCount> Cohorts(this IReadOnlyDictionary<string, int> counts, Func<string, string> platformOf)
    {
        const string Begun = "#begun|";
        foreach (var (key, begun) in counts.Where(c => c.Key.StartsWith(Begun, StringComparison.Ordinal)))
        {
            var cohort = key[Begun.Length..];
            var bar = cohort.IndexOf('|', StringComparison.Ordinal);
            yield return new(
                cohort[(bar + 1)..], platformOf(cohort[..bar]), begun, counts.GetValueOrDefault($"#settled|{cohort}"), counts.GetValueOrDefault($"#failed|{cohort}"));
        }
    }

    /// <summary>What operators see: the steps, without codes, gateways and cohorts.</summary>
    public static IReadOnlyDictionary<string, int> Steps(this IReadOnlyDictionary<string, int> counts) =>
        counts.Where(c => char.IsAsciiLetterLower(c.Key[0]) && !c.Key.Contains(':', StringComparison.Ordinal)).ToImmutableSortedDictionary(StringComparer.Ordinal);

    public static IReadOnlyDictionary<string, int> Change(
        this IReadOnlyDictionary<string, int> counts, IEnumerable<RolloutDevice> before, IEnumerable<RolloutDevice> after)
    {
        var changed = new Dictionary<string, int>(counts, StringComparer.Ordinal);
        foreach (var key in before.SelectMany(KeysOf))
            Add(key, -1);
        foreach (var key in after.SelectMany(KeysOf))
            Add(key, 1);
        return changed.ToImmutableSortedDictionary(StringComparer.Ordinal);

        void Add(string key, int by)
        {
            if ((changed[key] = changed.GetValueOrDefault(key) + by) == 0)
                changed.Remove(key);
        }
    }

    private static IEnumerable<string> KeysOf(RolloutDevice device)
    {
        yield return Names[(int)device.Step];
        if (device.Code is { } code)
            yield return $"{Names[(int)device.Step]}:{code}";
        if (device is { IsSwitching: true, Gateway: { } gateway })
            yield return $"@{gateway}";
        if (!device.IsBegun || device.Code == WaveRules.Already)
            yield break;
        var cohort = $"{device.PlatformDigest}|{device.Model}";
        yield return $"#begun|{cohort}";
        if (device.Step is UpdateStep.Done or UpdateStep.Failed)
            yield return $"#settled|{cohort}";
        if (device.Step == UpdateStep.Failed)
            yield return $"#failed|{cohort}";
    }
}
