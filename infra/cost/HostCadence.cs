namespace IoTBackend.Cost;

/// <summary>
/// What the Functions host asks of storage by itself, at the pace of Azure's: the local host looks more often (docs/decisions.md), and
/// that is not billed. An upper bound: as if an instance of each function were there all the time.
/// </summary>
internal static class HostCadence
{
    /// <summary>Four timers hold a lock of a minute each, renewed at half of it (Azure Functions host, SingletonOptions.ListenerLockPeriod).</summary>
    private const int TimerLocks = 4;
    private const int LockRenewalsPerHour = 120;

    /// <summary>Load balancing every 30 s (Event Hubs extension, LoadBalancingUpdateInterval).</summary>
    private const int BalancingsPerHour = 120;

    /// <summary>Each balancing lists the owners of the processor's partitions.</summary>
    public const decimal ListsPerHour = BalancingsPerHour;

    /// <summary>Each renews the partitions it owns, and each timer its lock.</summary>
    public static decimal OthersPerHour(Profile profile) => profile.Partitions * BalancingsPerHour + TimerLocks * LockRenewalsPerHour;
}
