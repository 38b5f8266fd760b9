namespace IoTBackend.Core.Releases.Desired;

/// <summary>What each device is to run and what it says of it, stored in shards.</summary>
public interface IDesiredStates
{
    int ShardOf(string deviceId);

    Task<DesiredState?> FindAsync(string deviceId, CancellationToken cancellationToken);

    IAsyncEnumerable<KeyValuePair<string, DesiredState>> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Changes devices of one shard, in as few transactions as their number allows, then tells every instance of the versions of all of
    /// them, changed or not: a process may have died between the two.
    /// </summary>
    /// <param name="change">From what is stored to what is to be; the same object = no change. May be called again.</param>
    Task ChangeAsync(int shard, IReadOnlyCollection<string> devices, Func<string, DesiredState, DesiredState> change, CancellationToken cancellationToken);

    Task SaveReportAsync(string deviceId, string track, ReportedState report, CancellationToken cancellationToken);

    /// <summary>The last reports of some devices of one shard; who never reported is missing.</summary>
    Task<IReadOnlyDictionary<string, ReportedState>> FindReportsAsync(string track, int shard, IReadOnlyCollection<string> devices, CancellationToken cancellationToken);

    /// <summary>The last report of every device on a track.</summary>
    IAsyncEnumerable<KeyValuePair<string, ReportedState>> ListReportsAsync(string track, CancellationToken cancellationToken);
}

/// <summary>Versions of desired states, in memory: costs nothing to ask for every message, and is seconds behind the store at most.</summary>
public interface IDesiredVersions
{
    /// <summary>Null = nothing was ever desired of the device.</summary>
    long? Find(string deviceId);
}
