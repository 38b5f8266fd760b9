namespace IoTBackend.Core.Releases.Rollout;

/// <summary>What one commit takes, in blocks and in bytes: an entity-group transaction holds 4 MiB, binary columns as base64, and the rollout's own row goes with it.</summary>
internal static class Commits
{
    private const int MostBytes = 5 << 19;

    /// <summary>Names, numbers and times of a device's JSON, and what it ran before, which is written down only once it is told.</summary>
    private const int DeviceBytes = 900;

    /// <summary>In order, each as many as one commit takes, one at least: no block alone comes near the limit.</summary>
    public static IEnumerable<IReadOnlyList<T>> Of<T>(IEnumerable<T> items, Func<T, RolloutBlock> block)
    {
        var (commit, bytes) = (new List<T>(), 0);
        foreach (var item in items)
        {
            var more = BytesOf(block(item));
            if (commit.Count > 0 && (commit.Count == IRolloutStore.MostBlocks || bytes + more > MostBytes))
            {
                yield return commit;
                (commit, bytes) = ([], 0);
            }

            commit.Add(item);
            bytes += more;
        }

        if (commit.Count > 0)
            yield return commit;
    }

    public static IEnumerable<IReadOnlyList<BlockChange>> Of(IEnumerable<BlockChange> changes) => Of(changes, c => c.After);

    /// <summary>At most, as JSON.</summary>
    internal static int BytesOf(RolloutBlock block) => block.Devices.Sum(d =>
        DeviceBytes + Of(d.Id) + Of(d.Code) + Of(d.Reason) + Of(d.Model) + Of(d.Gateway) + d.PlatformDigest.Length + d.Placed.Length + (d.Before is { } ran ? Of(ran.Image) + Of(ran.Tag) : 0));

    /// <summary>What is not plain may be written as <c>\uXXXX</c>.</summary>
    private static int Of(string? text) => text?.Sum(c => c is >= ' ' and < '\u007f' and not ('"' or '\\') ? 1 : 6) ?? 0;
}
