using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Routing;

/// <summary>
/// A branch of the tree by which alerts find their channels. Its own branches are asked in their order: the first that matches
/// takes the alert, and the next as well where that one says <see cref="Continue"/>; if none does, the alert is this branch's.
/// </summary>
public sealed record Route
{
    public const int MaxDepth = 8;
    public const int MaxRoutes = 500;

    /// <summary>Null = every alert, as at the root.</summary>
    public RouteMatch? Match { get; init; }

    public IReadOnlyList<string> Channels { get; init; } = [];

    /// <summary>The chain that follows while nobody acknowledges; null = the branch's above.</summary>
    public string? Escalation { get; init; }

    public IReadOnlyList<Route> Routes { get; init; } = [];

    /// <summary>The branches after this one are asked too.</summary>
    public bool Continue { get; init; }

    /// <summary>The first thing that is wrong, with the place in the tree; null = nothing.</summary>
    /// <param name="channels">The names there are.</param>
    /// <param name="escalations">The names there are.</param>
    public string? Check(IReadOnlyCollection<string> channels, IReadOnlyCollection<string> escalations)
    {
        var count = 0;
        return Match is not null ? "The root takes every alert: match belongs to its routes." : Check(this, "", 0);

        string? Check(Route route, string at, int depth) =>
            ++count > MaxRoutes ? $"There may be {MaxRoutes} routes at most."
            : depth > MaxDepth ? $"{at}: routes may lie {MaxDepth} deep at most."
            : depth > 0 && route.Match is null ? $"{at}.match is missing: a route without one would hide those after it."
            : route.Channels.FirstOrDefault(c => !channels.Contains(c)) is { } channel ? $"{at}{(at.Length > 0 ? "." : "")}channels names '{channel}', which is not there; there are: {List(channels)}."
            : route.Escalation is { } chain && !escalations.Contains(chain) ? $"{at}{(at.Length > 0 ? "." : "")}escalation names '{chain}', which is not there; there are: {List(escalations)}."
            : route.Match?.Hours?.Check($"{at}.match.hours")
                ?? route.Routes.Select((r, i) => Check(r, $"{at}{(at.Length > 0 ? "." : "")}routes[{i}]", depth + 1)).FirstOrDefault(wrong => wrong is not null);
    }

    private static string List(IReadOnlyCollection<string> names) => names.Count == 0 ? "none" : string.Join(", ", names.Order(StringComparer.Ordinal).Take(20));
}

/// <summary>Each that is given must hold; a list holds if one of its entries does.</summary>
public sealed record RouteMatch
{
    public IReadOnlyList<Severity> Severity { get; init; } = [];

    public IReadOnlyList<AlertKind> Kinds { get; init; } = [];

    public IReadOnlyList<string> Groups { get; init; } = [];

    public IReadOnlyList<string> Models { get; init; } = [];

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>When the alert is told.</summary>
    public Hours? Hours { get; init; }

    /// <param name="alert">The alert, by the worst it was.</param>
    /// <param name="device">The device it is about; null = it is about none.</param>
    /// <param name="now">The time.</param>
    public bool Holds(Alert alert, Device? device, DateTimeOffset now) =>
        (Severity.Count == 0 || Severity.Contains(alert.WorstSeverity))
        && (Kinds.Count == 0 || Kinds.Contains(alert.Kind))
        && (Groups.Count == 0 || Groups.Any(g => g == alert.Group || alert.Groups.Contains(g)))
        && (Models.Count == 0 || (device?.Model is { } model && Models.Contains(model)))
        && Labels.All(l => device is not null && device.Labels.TryGetValue(l.Key, out var value) && value == l.Value)
        && (Hours is null || Hours.Contains(now));
}

/// <summary>Where an alert goes.</summary>
/// <param name="Channels">Names, each once.</param>
/// <param name="Escalation">The chain that follows; null = none.</param>
/// <param name="Why">The branches it took, as places in the tree: <c>routes[1].routes[0]</c>; <c>default</c> = no route matched.</param>
public sealed record RouteDecision(IReadOnlyList<string> Channels, string? Escalation, IReadOnlyList<string> Why)
{
    public static RouteDecision Of(Route root, Alert alert, Device? device, DateTimeOffset now)
    {
        var (channels, why) = (new List<string>(), new List<string>());
        string? escalation = null;
        if (!Walk(root, "", root.Escalation))
            Take(root, "default", root.Escalation);
        return new([.. channels.Distinct(StringComparer.Ordinal)], escalation, why);

        bool Walk(Route route, string at, string? inherited)
        {
            var taken = false;
            foreach (var (branch, i) in route.Routes.Select((r, i) => (r, i)))
            {
                if (branch.Match?.Holds(alert, device, now) != true)
                    continue;
                var place = $"{at}{(at.Length > 0 ? "." : "")}routes[{i}]";
                var chain = branch.Escalation ?? inherited;
                if (!Walk(branch, place, chain))
                    Take(branch, place, chain);
                taken = true;
                if (!branch.Continue)
                    break;
            }

            return taken;
        }

        void Take(Route route, string place, string? chain)
        {
            channels.AddRange(route.Channels);
            escalation ??= chain;
            why.Add(place);
        }
    }
}

/// <summary>The one tree.</summary>
public interface IRouteStore
{
    /// <summary>Null = none was made: every channel gets what it wants.</summary>
    Task<Route?> FindAsync(CancellationToken cancellationToken);

    Task SaveAsync(Route root, CancellationToken cancellationToken);

    /// <summary>False = there was none.</summary>
    Task<bool> DeleteAsync(CancellationToken cancellationToken);
}
