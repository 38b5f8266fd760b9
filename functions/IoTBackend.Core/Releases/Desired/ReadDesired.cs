namespace IoTBackend.Core.Releases.Desired;

/// <param name="State">Null = still the version it knows.</param>
/// <param name="AskAgainAfter">Null = at once; else too many wait already.</param>
public readonly record struct DesiredAnswer(DesiredState? State, TimeSpan? AskAgainAfter);

/// <summary>Answers a device that asks what it is to run: one read of the store, none while it waits, and one for each track where there is something new.</summary>
public sealed class ReadDesired(IDesiredStates states, DesiredVersions versions, TrackPins pins)
{
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    /// <summary>For those who find no place to wait.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);

    /// <param name="known">The version the device has; null = it wants the state in any case.</param>
    public async Task<DesiredAnswer> RunAsync(string deviceId, long? known, TimeSpan wait, CancellationToken cancellationToken)
    {
        var state = await FindAsync(deviceId, cancellationToken);
        if (state.Version == known)
        {
            var patience = wait < MaxWait ? wait : MaxWait;
            var waited = patience <= TimeSpan.Zero ? Waited.TimeOver : await versions.WaitAsync(deviceId, state.Version, patience, cancellationToken);
            if (waited != Waited.Changed)
                return new(null, waited == Waited.NoPlace ? Pause : null);
            state = await FindAsync(deviceId, cancellationToken);
        }

        return new(state.Version == known ? null : await pins.WithRulesAsync(state, cancellationToken), null);
    }

    private async Task<DesiredState> FindAsync(string deviceId, CancellationToken cancellationToken) =>
        await states.FindAsync(deviceId, cancellationToken) ?? DesiredState.Nothing;
}
