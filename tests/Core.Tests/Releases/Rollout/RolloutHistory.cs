using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Rollout;

namespace Core.Tests.Releases.Rollout;

/// <summary>What each device was told, one word after the other, and what must hold of the stores at any moment.</summary>
internal sealed class RolloutHistory(RolloutWorld world)
{
    private readonly Dictionary<string, DesiredState> _last = [];

    public int Retries { get; set; }

    /// <summary>Releases that were rolled back: devices go from these to what they had.</summary>
    public HashSet<string> Backwards { get; } = [];

    public void Check()
    {
        foreach (var (id, state) in world.Stores.Desired)
            CheckWord(id, _last.GetValueOrDefault(id, DesiredState.Nothing), _last[id] = state);
        foreach (var rollout in world.Rollouts.Rollouts)
            Check(rollout);
    }

    private void CheckWord(string id, DesiredState before, DesiredState after)
    {
        Assert.True(after.Version >= before.Version);
        if (after.Version == before.Version)
            Assert.Equal(before.Of("sensor"), after.Of("sensor"));
        // The same once more: only where an operator asked for it.
        else if (after.Version == before.Version + 1 && before.Of("sensor") is { } ran && ran == after.Of("sensor"))
            Assert.True(Retries > 0 || after.SwitchOf("sensor")!.Attempt > 1, $"{id} was told {ran.Tag} twice");
        // An older one only because the newer was taken back.
        if (before.SwitchOf("sensor") is { } was && after.SwitchOf("sensor") is { } now)
            Assert.True(now.Epoch >= was.Epoch, $"{id} listened to an earlier rollout");
    }

    private void Check(StagedRollout rollout)
    {
        var devices = world.Rollouts.Blocks(rollout).SelectMany(b => b.Devices).ToList();
        Assert.Equal(devices.Count, devices.Select(d => d.Id).Distinct().Count());
        Assert.Equal(RolloutCounts.None.Change([], devices), rollout.Counts);
        Assert.Equal(devices.Count, rollout.Counts.Total());
        Assert.All(world.Rollouts.Blocks(rollout).Where(b => b.IsOpen && b.Devices.Any(d => d.IsDueEver)), b => Assert.NotNull(b.DueAt));
        Assert.All(devices.Where(d => d.IsOpen), d => Assert.True(d.ToldAt is not null && d.DueAt != default));
        // Who is begun stands in the due-index: somebody will look.
        Assert.All(world.Rollouts.Blocks(rollout).Where(b => !b.IsOpen), b => Assert.DoesNotContain(b.Devices, d => d.IsOpen));
        if (rollout.IsActive)
            Assert.NotEqual(default, rollout.DueAt);
    }
}
