using IoTBackend.Core.Releases.Judging;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>Rollouts with their devices.</summary>
public interface IRolloutStore
{
    /// <summary>Blocks that one commit takes, as far as their bytes do not exceed it.</summary>
    const int MostBlocks = 20;

    /// <summary>The latest round of a release.</summary>
    Task<Versioned<StagedRollout>?> FindAsync(string release, CancellationToken cancellationToken);

    /// <summary>The rollout that counts for a track.</summary>
    Task<Versioned<TrackRollouts>?> CurrentAsync(string track, CancellationToken cancellationToken);

    Task<bool> TrySaveAsync(TrackRollouts current, string? version, CancellationToken cancellationToken);

    /// <summary>Releases whose latest round somebody has to look after: some dozens, whatever the fleet.</summary>
    Task<IReadOnlyList<string>> ActiveAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Stores a rollout with some of its blocks, their due times and the new steps of its timeline, all or nothing.
    /// </summary>
    /// <param name="rollout">As it is to be.</param>
    /// <param name="before">As it was read; null = a new round.</param>
    /// <param name="blocks">Of the rollout's plan, <see cref="MostBlocks"/> at most.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>As stored; null = somebody else changed it since.</returns>
    Task<Versioned<StagedRollout>?> TryCommitAsync(
        StagedRollout rollout, Versioned<StagedRollout>? before, IReadOnlyCollection<BlockChange> blocks, CancellationToken cancellationToken);

    /// <summary>Stores the blocks of a plan that does not count yet, over what is there.</summary>
    /// <param name="rollout">Whose plan it is.</param>
    /// <param name="plan">Its number.</param>
    /// <param name="commits">As many blocks as one commit takes, each; in no order.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task PlanAsync(StagedRollout rollout, int plan, IEnumerable<IReadOnlyCollection<RolloutBlock>> commits, CancellationToken cancellationToken);

    /// <summary>The first blocks that are due, in the order of time.</summary>
    Task<IReadOnlyList<RolloutBlock>> DueAsync(StagedRollout rollout, DateTimeOffset until, int top, CancellationToken cancellationToken);

    /// <summary>When the next block is due; null = none is.</summary>
    Task<DateTimeOffset?> NextDueAsync(StagedRollout rollout, CancellationToken cancellationToken);

    /// <summary>Blocks behind a key, in order.</summary>
    Task<IReadOnlyList<RolloutBlock>> AfterAsync(StagedRollout rollout, string key, int top, CancellationToken cancellationToken);

    /// <summary>All blocks, in order.</summary>
    IAsyncEnumerable<RolloutBlock> ListAsync(StagedRollout rollout, CancellationToken cancellationToken);

    /// <summary>The steps of all rounds, the newest first.</summary>
    Task<IReadOnlyList<RolloutStep>> TimelineAsync(string release, int top, CancellationToken cancellationToken);

    /// <summary>Devices an operator keeps out, of one track.</summary>
    Task<Versioned<DeviceHolds>?> HoldsAsync(string track, CancellationToken cancellationToken);

    Task<bool> TrySaveAsync(DeviceHolds holds, string? version, CancellationToken cancellationToken);

    /// <summary>What updates cost each model; those of which nothing is known are missing.</summary>
    Task<IReadOnlyDictionary<string, UpdateCost>> CostsAsync(CancellationToken cancellationToken);

    Task SaveCostAsync(string model, UpdateCost cost, CancellationToken cancellationToken);
}

/// <param name="Before">As read; null = new.</param>
public readonly record struct BlockChange(RolloutBlock? Before, RolloutBlock After);

/// <summary>Which rollout counts for a track.</summary>
/// <param name="Release">The release it is of.</param>
/// <param name="Epoch">Rollouts of the track so far.</param>
/// <param name="Previous">The release that had this place before; null = none.</param>
public sealed record TrackRollouts(string Track, string Release, long Epoch, string? Previous = null);

/// <summary>Devices of a track that an operator keeps where they are.</summary>
public sealed record DeviceHolds
{
    public const int Most = 1000;

    public required string Track { get; init; }

    /// <summary>Changes so far: the version operators see.</summary>
    public long Number { get; init; }

    public IReadOnlyList<DeviceHold> Held { get; init; } = [];

    public DeviceHold? Of(string device, string release) => Held.FirstOrDefault(h => h.Device == device && (h.Release is null || h.Release == release));
}

/// <param name="Release">The one it is excluded from; null = pinned, whatever comes.</param>
/// <param name="By">Who said so.</param>
public sealed record DeviceHold(string Device, string? Release, string By, string? Why, DateTimeOffset At);
