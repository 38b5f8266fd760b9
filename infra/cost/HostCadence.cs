namespace IoTBackend.Cost;

/// <summary>
/// What the Functions host asks of storage by itself, at the pace of Azure's: the local host looks more often (docs/decisions.md), and
/// that is not billed. An upper bound: as if an instance of each function were there all the time.
/// </summary>
internal static class HostCadence
{
    /// <summary>Processor and archive.</summary>
    private const int Groups = 2;

    /// <summary>Of the dev parameters.</summary>
    private const int Partitions = 4;

    /// <summary>Six timers hold a lock of a minute each, renewed at half of it (Azure Functions host, SingletonOptions.ListenerLockPeriod).</summary>
    private const int TimerLocks = 6;
    private const int LockRenewalsPerHour = 120;

    /// <summary>Load balancing every 30 s (Event Hubs extension, LoadBalancingUpdateInterval).</summary>
    private const int BalancingsPerHour = 120;

    /// <summary>Each balancing lists the owners of a group.</summary>
    public const decimal ListsPerHour = Groups * BalancingsPerHour;

    /// <summary>Each renews the partitions it owns, and each timer its lock.</summary>
    public const decimal OthersPerHour = Groups * Partitions * BalancingsPerHour + TimerLocks * LockRenewalsPerHour;
}
