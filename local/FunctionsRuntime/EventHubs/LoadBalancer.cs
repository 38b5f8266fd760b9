namespace IoTBackend.Local.FunctionsHost.EventHubs;

/// <summary>
/// Which partition a host should take next: the algorithm of the SDK's processors (PartitionLoadBalancer), so that they and this
/// host can share a consumer group. Every host ends with the floor or the ceiling of partitions / hosts.
/// </summary>
internal static class LoadBalancer
{
    /// <summary>The ownership to claim, or null when this host has its share.</summary>
    public static Ownership? Choose(
        IReadOnlyCollection<string> partitions, IReadOnlyCollection<Ownership> known, string self, DateTimeOffset now, TimeSpan expiry, Random random)
    {
        var seen = known.Where(ownership => partitions.Contains(ownership.PartitionId)).ToDictionary(ownership => ownership.PartitionId);
        var byOwner = seen.Values
            .Where(ownership => ownership.Owner.Length > 0 && now - ownership.LastModified < expiry)
            .GroupBy(ownership => ownership.Owner)
            .ToDictionary(owner => owner.Key, owner => owner.ToList());
        byOwner.TryAdd(self, []);
        var own = byOwner[self].Count;
        var minimum = partitions.Count / byOwner.Count;
        var held = byOwner.Values.SelectMany(ownerships => ownerships).Select(ownership => ownership.PartitionId).ToHashSet();
        var free = partitions.Where(partition => !held.Contains(partition)).ToList();

        // One more than the minimum is due only when everybody has the minimum.
        if (own < minimum || (own == minimum && !byOwner.Values.Any(ownerships => ownerships.Count < minimum)))
            if (free.Count > 0)
            {
                var partition = free[random.Next(free.Count)];
                return seen.GetValueOrDefault(partition) ?? new(partition, "", null, default);
            }
        if (free.Count > 0 || own > minimum)
            return null;
        var overfull = byOwner.Where(owner => owner.Key != self && owner.Value.Count > minimum + 1).SelectMany(owner => owner.Value).ToList();
        var full = byOwner.Where(owner => owner.Key != self && owner.Value.Count == minimum + 1).SelectMany(owner => owner.Value).ToList();
        var stealable = overfull.Count > 0 ? overfull : own < minimum ? full : [];
        return stealable.Count > 0 ? stealable[random.Next(stealable.Count)] : null;
    }
}
