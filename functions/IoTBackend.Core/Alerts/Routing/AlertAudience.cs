using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Devices;

namespace IoTBackend.Core.Alerts.Routing;

/// <summary>Who would be told of an alert now, and why.</summary>
/// <param name="Channels">Who is told.</param>
/// <param name="Unwanted">Where it is routed to, and whose own settings leave it out.</param>
/// <param name="Escalation">The chain that follows; null = none.</param>
/// <param name="Why">As in <see cref="RouteDecision.Why"/>; <c>no routes</c> = every channel gets what it wants.</param>
/// <param name="Mute">The mute that keeps it from all of them; null = none.</param>
/// <param name="QuietHours">The quiet hours that keep it until <paramref name="HeldUntil"/>; null = none.</param>
/// <param name="HeldUntil">When it is told then.</param>
public sealed record Audience(
    IReadOnlyList<string> Channels, IReadOnlyList<string> Unwanted, string? Escalation, IReadOnlyList<string> Why,
    string? Mute, string? QuietHours, DateTimeOffset? HeldUntil);

/// <summary>Finds an alert's channels by routes, mutes and the channels' own settings, and tells nobody.</summary>
public sealed class AlertAudience(IChannelStore channels, IMuteStore mutes, IRouteStore routes, IDeviceCatalog devices)
{
    public async Task<Audience> FindAsync(Alert alert, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Side by side: an operator waits for this.
        var (all, quiet, root) = (channels.ListAsync(cancellationToken), mutes.ListAsync(cancellationToken), routes.FindAsync(cancellationToken));
        await Task.WhenAll(all, quiet, root);
        var device = alert.DeviceId is { } id && await root is not null ? await devices.FindAsync(id, cancellationToken) : null;
        var decision = await root is { } tree ? RouteDecision.Of(tree, alert, device, now) : null;
        var routed = (await all).Where(c => decision?.Channels.Contains(c.Name) ?? true).ToList();
        var matching = (await quiet).Where(m => m.Matches(alert, now)).OrderBy(m => m.Name, StringComparer.Ordinal).ToList();
        var hours = Longest(matching, now);
        return new(
            [.. routed.Where(c => c.Wants(alert)).Select(c => c.Name)],
            [.. routed.Where(c => !c.Wants(alert)).Select(c => c.Name)],
            decision?.Escalation,
            decision?.Why ?? ["no routes"],
            matching.FirstOrDefault(m => m.Hours is null)?.Name,
            hours?.Name,
            hours?.EndsAt(now));
    }

    /// <summary>The quiet hours that keep an alert now; null = none.</summary>
    public async Task<Mute?> QuietAsync(Alert alert, DateTimeOffset now, CancellationToken cancellationToken) =>
        Longest((await mutes.ListAsync(cancellationToken)).Where(m => m.Matches(alert, now)), now);

    private static Mute? Longest(IEnumerable<Mute> matching, DateTimeOffset now) => matching.Where(m => m.Hours is not null).MaxBy(m => m.EndsAt(now));
}
