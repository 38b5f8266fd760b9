namespace IoTBackend.Core.Releases.Rollout;

/// <summary>A device before its place in the order is known.</summary>
/// <param name="Stratum">Its group, gateway and model: a wave has of each what the fleet has of it.</param>
/// <param name="Turn">0 = heard of late and with charge enough, 1 = heard of, 2 = not.</param>
/// <param name="Shard">Of the desired states.</param>
internal readonly record struct Candidate(RolloutDevice Device, string Stratum, int Turn, int Shard);

/// <summary>
/// Who comes in which wave. Within what is reachable every stratum is spread evenly over the order, so that any beginning of it is
/// a sample of all of them; within a stratum a hash decides, another one for each release, so that not always the same devices go first.
/// </summary>
internal static class WavePlan
{
    /// <param name="limits">How many may have begun by the end of each wave.</param>
    public static IReadOnlyList<RolloutBlock> Blocks(IReadOnlyCollection<Candidate> candidates, IReadOnlyList<int> limits, string release)
    {
        var order = candidates
            .GroupBy(c => (c.Turn, c.Stratum))
            .SelectMany(stratum => stratum.OrderBy(c => Hash(c.Device.Id, release)).Select((candidate, i) => (candidate, At: (i + Start(stratum.Key.Stratum, release)) / stratum.Count())))
            .OrderBy(c => c.candidate.Turn).ThenBy(c => c.At).ThenBy(c => Hash(c.candidate.Device.Id, release));
        var waves = new Dictionary<(int Wave, int Shard), List<RolloutDevice>>();
        var (wave, rank) = (0, 0);
        foreach (var (candidate, _) in order)
        {
            while (wave < limits.Count - 1 && rank >= limits[wave])
                wave++;
            // Who cannot have it stands at the end, to be counted.
            var key = (candidate.Device.Step == UpdateStep.Lost ? Math.Max(0, limits.Count - 1) : wave, candidate.Shard);
            if (!waves.TryGetValue(key, out var list))
                waves.Add(key, list = []);
            list.Add(candidate.Device);
            rank += candidate.Device.Step == UpdateStep.Lost ? 0 : 1;
        }

        return [.. waves.OrderBy(w => w.Key).SelectMany(w => w.Value.Chunk(RolloutBlock.MostDevices)
            .Select((devices, i) => new RolloutBlock(RolloutBlock.KeyOf(w.Key.Wave, w.Key.Shard, i), w.Key.Shard, devices)))];
    }

    /// <summary>Between 0 and 1: small strata do not all come first.</summary>
    private static double Start(string stratum, string release) => Hash(stratum, release) / (double)uint.MaxValue;

    /// <summary>FNV-1a, 32 bits, and MurmurHash3's last step: without it, salts that differ at their end leave the order almost as it was.</summary>
    private static uint Hash(string text, string salt)
    {
        var hash = salt.Aggregate(text.Aggregate(2166136261u, (hash, c) => (hash ^ c) * 16777619u), (hash, c) => (hash ^ c) * 16777619u);
        hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
        hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
        return hash ^ (hash >> 16);
    }
}
