namespace IoTBackend.Core.Signals;

/// <summary>
/// What one commit has to say about one subject, however often the subject changed its mind within it. A batch may hold
/// thousands of readings of one instant, each with a step of its own; operators need where that ended. Bounded by
/// construction: at most <see cref="MaxPerKind"/> steps of a kind, no two of which have the same id and change.
/// </summary>
public static class AlertSteps
{
    /// <summary>The end of the episode that was open before, better known and cleared, and the beginning and end of the latest.</summary>
    public const int MaxPerKind = 4;

    /// <summary>Names in a list among the evidence: a step must fit into a message of a queue (64 KiB in Base64).</summary>
    private const int MaxListed = 100;

    /// <param name="steps">Of one subject, in the order in which they happened.</param>
    public static IReadOnlyList<AlertTransition> Fold(IReadOnlyList<AlertTransition> steps)
    {
        if (steps.Count == 0)
            return steps;
        var kept = new List<(int At, AlertTransition Step)>();
        foreach (var kind in steps.Select((step, at) => (At: at, Step: step)).GroupBy(s => s.Step.Kind))
        {
            var episodes = kind.GroupBy(s => s.Step.AlertId, StringComparer.Ordinal).Select(e => e.ToList()).ToList();
            var latest = episodes.MaxBy(e => e[^1].At)!;
            if (episodes[0] != latest && episodes[0][0].Step.Change != AlertChange.Opened)
                kept.AddRange(Merge(episodes[0], episodes: 1));
            kept.AddRange(Merge(latest, episodes.Count));
        }

        return [.. kept.OrderBy(k => k.At).Select(k => Bounded(k.Step))];
    }

    /// <summary>One episode's steps: how it stands now, and that it is over where it is.</summary>
    private static IEnumerable<(int, AlertTransition)> Merge(List<(int At, AlertTransition Step)> steps, int episodes)
    {
        var began = steps[0].Step.Change == AlertChange.Opened;
        var ended = steps[^1].Step.Change == AlertChange.Cleared;
        // An instant's later "opened" of the same episode takes back its "cleared": it was never over.
        var known = steps.FindLast(s => s.Step.Change is AlertChange.Opened or AlertChange.Revised);
        if (known.Step is { } said)
        {
            var change = began ? AlertChange.Opened : AlertChange.Revised;
            yield return (known.At, Counted(said with { Change = change, At = began ? steps[0].Step.At : said.At }, episodes));
        }

        if (ended)
            yield return (steps[^1].At, Counted(steps[^1].Step, episodes));
    }

    private static AlertTransition Counted(AlertTransition step, int episodes) => episodes == 1
        ? step
        : step with { Evidence = new Dictionary<string, object>(step.Evidence) { ["episodes"] = episodes } };

    private static AlertTransition Bounded(AlertTransition step) => step.Evidence.Values.Any(v => v is IReadOnlyCollection<string> { Count: > MaxListed })
        ? step with { Evidence = step.Evidence.ToDictionary(e => e.Key, e => e.Value is IReadOnlyCollection<string> { Count: > MaxListed } list ? list.Take(MaxListed).ToArray() : e.Value) }
        : step;
}
