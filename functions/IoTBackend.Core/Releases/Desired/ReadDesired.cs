namespace IoTBackend.Core.Releases.Desired;

/// <summary>Answers a device that asks what it is to run: one read of the store, none while it waits, and one for each track where there is something new.</summary>
public sealed class ReadDesired(IDesiredStates states, DesiredVersions versions, TrackPins pins)
{
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    /// <param name="known">The version the device has; null = it wants the state in any case.</param>
    /// <returns>Null = still the version it knows.</returns>
    public async Task<DesiredState?> RunAsync(string deviceId, long? known, TimeSpan wait, CancellationToken cancellationToken)
    {
        var state = await FindAsync(deviceId, cancellationToken);
        if (state.Version != known)
            return await pins.WithRulesAsync(state, cancellationToken);
        var patience = wait < MaxWait ? wait : MaxWait;
        if (patience <= TimeSpan.Zero || !await versions.WaitAsync(deviceId, state.Version, patience, cancellationToken))
            return null;
        state = await FindAsync(deviceId, cancellationToken);
        return state.Version != known ? await pins.WithRulesAsync(state, cancellationToken) : null;
    }

    private async Task<DesiredState> FindAsync(string deviceId, CancellationToken cancellationToken) =>
        await states.FindAsync(deviceId, cancellationToken) ?? DesiredState.Nothing;
}
