using IoTBackend.Core.Releases.Judging;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Shared;

namespace Core.Tests.Releases.Rollout;

/// <summary>Rollouts in memory, as the tables keep them: one commit is whole or is not, and only over what was read.</summary>
/// <param name="live">Called before every write; throws where the process is to die.</param>
internal sealed class MemoryRollouts(Action live) : IRolloutStore
{
    private readonly Dictionary<(string Release, int Round), (StagedRollout Rollout, int Version)> _rollouts = [];
    private readonly Dictionary<(string Id, int Plan), SortedDictionary<string, RolloutBlock>> _blocks = [];
    private readonly List<(string Release, RolloutStep Step)> _steps = [];
    private readonly Dictionary<string, (object Value, int Version)> _rows = [];

    public int Commits { get; private set; }

    public IEnumerable<StagedRollout> Rollouts => _rollouts.Values.Select(r => r.Rollout);

    public IEnumerable<RolloutBlock> Blocks(StagedRollout rollout) => _blocks.GetValueOrDefault((rollout.Id, rollout.Plan))?.Values ?? Enumerable.Empty<RolloutBlock>();

    public StagedRollout? Latest(string release) => _rollouts.Where(r => r.Key.Release == release).OrderBy(r => r.Key.Round).Select(r => r.Value.Rollout).LastOrDefault();

    public Task<Versioned<StagedRollout>?> FindAsync(string release, CancellationToken cancellationToken) =>
        Task.FromResult(Latest(release) is { } rollout ? new Versioned<StagedRollout>(rollout, $"{_rollouts[(release, rollout.Round)].Version}") : null);

    public Task<Versioned<TrackRollouts>?> CurrentAsync(string track, CancellationToken cancellationToken) => Task.FromResult(Get<TrackRollouts>($"current/{track}"));

    public Task<bool> TrySaveAsync(TrackRollouts current, string? version, CancellationToken cancellationToken) => Task.FromResult(TryPut($"current/{current.Track}", current, version));

    public Task<IReadOnlyList<string>> ActiveAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([.. _rollouts.Keys.Select(k => k.Release).Distinct().Where(r => Latest(r)!.IsActive)]);

    public Task<Versioned<StagedRollout>?> TryCommitAsync(
        StagedRollout rollout, Versioned<StagedRollout>? before, IReadOnlyCollection<BlockChange> blocks, CancellationToken cancellationToken)
    {
        Assert.True(blocks.Count <= IRolloutStore.MostBlocks);
        live();
        var key = (rollout.Release, rollout.Round);
        var stored = _rollouts.TryGetValue(key, out var row) ? $"{row.Version}" : null;
        if (stored != before?.Version)
            return Task.FromResult<Versioned<StagedRollout>?>(null);
        Commits++;
        _rollouts[key] = (rollout, row.Version + 1);
        _steps.AddRange(rollout.Owing.Where(s => s.Number > (before?.Value.Number ?? 0)).Select(s => (rollout.Release, s)));
        var plan = Plan(rollout, rollout.Plan);
        foreach (var (was, now) in blocks)
        {
            Assert.Equal(was?.Devices, plan.GetValueOrDefault(now.Key)?.Devices);
            plan[now.Key] = now;
        }

        return FindAsync(rollout.Release, cancellationToken);
    }

    public Task PlanAsync(StagedRollout rollout, int plan, IEnumerable<IReadOnlyCollection<RolloutBlock>> commits, CancellationToken cancellationToken)
    {
        foreach (var blocks in commits)
        {
            live();
            foreach (var block in blocks)
                Plan(rollout, plan)[block.Key] = block;
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<RolloutBlock>> DueAsync(StagedRollout rollout, DateTimeOffset until, int top, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<RolloutBlock>>([.. Blocks(rollout).Where(b => b.DueAt <= until).OrderBy(b => b.DueAt).Take(top)]);

    public Task<DateTimeOffset?> NextDueAsync(StagedRollout rollout, CancellationToken cancellationToken) => Task.FromResult(Blocks(rollout).Min(b => b.DueAt));

    public Task<IReadOnlyList<RolloutBlock>> AfterAsync(StagedRollout rollout, string key, int top, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<RolloutBlock>>([.. Blocks(rollout).Where(b => string.CompareOrdinal(b.Key, key) > 0).Take(top)]);

    public IAsyncEnumerable<RolloutBlock> ListAsync(StagedRollout rollout, CancellationToken cancellationToken) => Blocks(rollout).ToList().ToAsyncEnumerable();

    public Task<IReadOnlyList<RolloutStep>> TimelineAsync(string release, int top, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<RolloutStep>>([.. _steps.Where(s => s.Release == release).Select(s => s.Step).Reverse().Take(top)]);

    public Task<Versioned<DeviceHolds>?> HoldsAsync(string track, CancellationToken cancellationToken) => Task.FromResult(Get<DeviceHolds>($"holds/{track}"));

    public Task<bool> TrySaveAsync(DeviceHolds holds, string? version, CancellationToken cancellationToken) => Task.FromResult(TryPut($"holds/{holds.Track}", holds, version));

    public Task<IReadOnlyDictionary<string, UpdateCost>> CostsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, UpdateCost>>(_rows.Where(r => r.Key.StartsWith("cost/", StringComparison.Ordinal)).ToDictionary(r => r.Key[5..], r => (UpdateCost)r.Value.Value));

    public Task SaveCostAsync(string model, UpdateCost cost, CancellationToken cancellationToken)
    {
        live();
        _rows[$"cost/{model}"] = (cost, 0);
        return Task.CompletedTask;
    }

    private SortedDictionary<string, RolloutBlock> Plan(StagedRollout rollout, int plan) =>
        _blocks.TryGetValue((rollout.Id, plan), out var known) ? known : _blocks[(rollout.Id, plan)] = new(StringComparer.Ordinal);

    private Versioned<T>? Get<T>(string key) => _rows.TryGetValue(key, out var row) ? new((T)row.Value, $"{row.Version}") : null;

    private bool TryPut(string key, object value, string? version)
    {
        live();
        var stored = _rows.TryGetValue(key, out var row) ? $"{row.Version}" : null;
        if (stored != version)
            return false;
        _rows[key] = (value, row.Version + 1);
        return true;
    }
}
