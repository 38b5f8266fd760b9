using System.Collections.Concurrent;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Desired;

/// <summary>How far a device has taken its desired state as messages. One row for each device that asks for them.</summary>
/// <param name="Settled">The version it has completed or rejected last; 0 = none.</param>
/// <param name="SettledBy">The token with which it did.</param>
/// <param name="Version">The version it was last given.</param>
/// <param name="Lock">The token it was given with; null = it was given back.</param>
/// <param name="LockedUntil">Until then nothing else is given.</param>
/// <param name="Count">How often it was given, 1 the first time.</param>
public sealed record MessageDelivery(long Settled, string? SettledBy, long Version, string? Lock, DateTimeOffset LockedUntil, int Count)
{
    public static readonly MessageDelivery None = new(0, null, 0, null, DateTimeOffset.MinValue, 0);
}

public interface IMessageDeliveries
{
    Task<Versioned<MessageDelivery>?> FindAsync(string deviceId, CancellationToken cancellationToken);

    /// <summary>Adds (<paramref name="version"/> null) or replaces; false = somebody else did since it was read.</summary>
    Task<bool> TrySaveAsync(string deviceId, MessageDelivery delivery, string? version, CancellationToken cancellationToken);
}

/// <param name="Token">Settles it.</param>
/// <param name="Count">How often it was given, 1 the first time.</param>
/// <param name="LockedUntil">When it is given again if it was not settled.</param>
public sealed record DesiredMessage(DesiredState State, string Token, int Count, DateTimeOffset LockedUntil);

/// <summary>
/// The desired state as messages that are locked, then settled or given back, for devices which know no other way to be told. A state,
/// not a log: only the newest is given, at least once, and again until it is settled. Asking costs no read of a store while nothing is new.
/// </summary>
public sealed class DesiredMessages(IDesiredVersions versions, IDesiredStates states, TrackPins pins, IMessageDeliveries deliveries, TimeProvider time)
{
    /// <summary>As IoT Hub's.</summary>
    public static readonly TimeSpan LockDuration = TimeSpan.FromMinutes(1);

    private const int MaxAttempts = 8;

    private readonly ConcurrentDictionary<string, long> _settled = new(StringComparer.Ordinal);

    /// <summary>Null = nothing new, or what is new is locked.</summary>
    public async Task<DesiredMessage?> ReceiveAsync(string deviceId, CancellationToken cancellationToken)
    {
        if (versions.Find(deviceId) is not { } known || (_settled.TryGetValue(deviceId, out var settled) && settled == known))
            return null;
        var stored = await deliveries.FindAsync(deviceId, cancellationToken);
        var (before, now) = (stored?.Value ?? MessageDelivery.None, time.GetUtcNow());
        _settled[deviceId] = before.Settled;
        if (before.Lock is not null && now < before.LockedUntil)
            return null;
        if (before.Settled == known || await states.FindAsync(deviceId, cancellationToken) is not { } state || state.Version == before.Settled)
            return null;
        var count = before.Version == state.Version ? before.Count + 1 : 1;
        var locked = before with { Version = state.Version, Lock = $"{Guid.NewGuid()}", LockedUntil = now + LockDuration, Count = count };
        // Whoever was faster has it now.
        return await deliveries.TrySaveAsync(deviceId, locked, stored?.Version, cancellationToken)
            ? new(await pins.WithRulesAsync(state, cancellationToken), locked.Lock, count, locked.LockedUntil)
            : null;
    }

    /// <summary>The device has it, or does not want it: it is not given again. False = the lock is another's by now.</summary>
    public Task<bool> SettleAsync(string deviceId, string token, CancellationToken cancellationToken) => ChangeAsync(
        deviceId,
        // The answer to the first time may have been lost.
        d => d.SettledBy == token ? d : d.Lock == token ? d with { Settled = d.Version, SettledBy = token, Lock = null } : null,
        cancellationToken);

    /// <summary>It may be given again at once. False = the lock is another's by now.</summary>
    public Task<bool> AbandonAsync(string deviceId, string token, CancellationToken cancellationToken) =>
        ChangeAsync(deviceId, d => d.Lock == token ? d with { Lock = null } : null, cancellationToken);

    private async Task<bool> ChangeAsync(string deviceId, Func<MessageDelivery, MessageDelivery?> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await deliveries.FindAsync(deviceId, cancellationToken) is not { } stored || change(stored.Value) is not { } after)
                return false;
            if (after == stored.Value || await deliveries.TrySaveAsync(deviceId, after, stored.Version, cancellationToken))
                return true;
        }

        throw new ConflictException("the device's messages");
    }
}
