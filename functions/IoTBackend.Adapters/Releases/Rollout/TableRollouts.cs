using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Changes;
using IoTBackend.Core.Releases.Judging;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Releases.Rollout;

/// <summary>
/// Rollouts in the table <c>Rollouts</c> (keys: <see cref="RolloutKeys"/>). All of one rollout is in one partition, so that a step, the devices it concerns, their
/// places in the due-index and the line of the timeline are one transaction, over the version of the rollout's own row.
/// </summary>
public sealed class TableRollouts(TableServiceClient tables, IChangeNotes notes) : IRolloutStore
{
    private const string RolloutColumn = "Document";
    private const string BlockColumn = "Block";
    private const int BlocksAtOnce = 8;

    /// <summary>Two and a half megabytes each at most.</summary>
    private const int CommitsAtOnce = 4;

    private readonly TableClient _table = tables.GetTableClient(TableNames.Rollouts);

    public async Task<Versioned<StagedRollout>?> FindAsync(string release, CancellationToken cancellationToken)
    {
        await foreach (var row in _table.QueryAsync<TableEntity>(e => e.PartitionKey == release, maxPerPage: 1, cancellationToken: cancellationToken))
            return new(Read<StagedRollout>(row, RolloutColumn), row.ETag.ToString());
        return null;
    }

    public async Task<Versioned<TrackRollouts>?> CurrentAsync(string track, CancellationToken cancellationToken) =>
        await _table.FindAsync(RolloutKeys.Track, track, cancellationToken) is { } row ? new(TableDocument.Read<TrackRollouts>(row), row.ETag.ToString()) : null;

    public Task<bool> TrySaveAsync(TrackRollouts current, string? version, CancellationToken cancellationToken) =>
        _table.TrySaveAsync(TableDocument.Of(RolloutKeys.Track, current.Track, current), version, cancellationToken);

    public async Task<IReadOnlyList<string>> ActiveAsync(CancellationToken cancellationToken)
    {
        var active = new List<string>();
        await foreach (var row in _table.QueryAsync<TableEntity>(e => e.PartitionKey == RolloutKeys.Active, cancellationToken: cancellationToken))
            active.Add(row.RowKey);
        return active;
    }

    public async Task<Versioned<StagedRollout>?> TryCommitAsync(
        StagedRollout rollout, Versioned<StagedRollout>? before, IReadOnlyCollection<BlockChange> blocks, CancellationToken cancellationToken)
    {
        // Named active before it is, and taken off the list after it no longer is, unless somebody named it again meanwhile.
        if (rollout.IsActive && before?.Value.IsActive != true)
            await _table.UpsertEntityAsync(new TableEntity(RolloutKeys.Active, rollout.Release), cancellationToken: cancellationToken);
        var listed = !rollout.IsActive ? await _table.FindAsync(RolloutKeys.Active, rollout.Release, cancellationToken) : null;

        var row = Write(rollout.Release, RolloutKeys.Rollout(rollout), RolloutColumn, rollout);
        var actions = new List<TableTransactionAction>
        {
            before is null ? new(TableTransactionActionType.Add, row) : new(TableTransactionActionType.UpdateReplace, row, new ETag(before.Version)),
        };
        foreach (var step in rollout.Owing.Where(s => s.Number > (before?.Value.Number ?? 0)))
            actions.Add(new(TableTransactionActionType.UpsertReplace, TableDocument.Of(rollout.Release, RolloutKeys.Step(rollout, step.Number), step)));
        foreach (var change in blocks)
            actions.AddRange(ActionsOf(rollout, change));
        if (await TrySubmitAsync(actions, cancellationToken) is not { } tag)
            return null;
        if (listed is not null)
            await TakeOffAsync(listed, cancellationToken);
        // When it looks again is nothing a page shows.
        if (blocks.Count > 0 || rollout.Number != before?.Value.Number)
            await notes.NoteAsync(ChangeKinds.Releases, cancellationToken);
        return new(rollout, tag);
    }

    public Task PlanAsync(StagedRollout rollout, int plan, IEnumerable<IReadOnlyCollection<RolloutBlock>> commits, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(commits, new ParallelOptions { MaxDegreeOfParallelism = CommitsAtOnce, CancellationToken = cancellationToken }, async (blocks, cancellation) =>
            await _table.SubmitAsync(
                blocks.Select(block => new TableTransactionAction(
                    TableTransactionActionType.UpsertReplace, Write(rollout.Release, RolloutKeys.Block(rollout, plan, block.Key), BlockColumn, block))), cancellation));

    public async Task<IReadOnlyList<RolloutBlock>> DueAsync(StagedRollout rollout, DateTimeOffset until, int top, CancellationToken cancellationToken)
    {
        var due = await FirstAsync(rollout, RolloutKeys.Dues(rollout), RolloutKeys.DueEnd(rollout, until), top, cancellationToken);
        var blocks = new RolloutBlock?[due.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = BlocksAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, due.Count, parallel, async (i, cancellation) =>
        {
            var key = RolloutKeys.Block(rollout, rollout.Plan, RolloutKeys.ParseDue(rollout, due[i].RowKey).Block);
            blocks[i] = await _table.FindAsync(rollout.Release, key, cancellation) is { } row ? Read<RolloutBlock>(row, BlockColumn) : null;
        });
        return [.. blocks.OfType<RolloutBlock>()];
    }

    public async Task<DateTimeOffset?> NextDueAsync(StagedRollout rollout, CancellationToken cancellationToken) =>
        await FirstAsync(rollout, RolloutKeys.Dues(rollout), RolloutKeys.Dues(rollout) + "~", 1, cancellationToken) is [var first] ? RolloutKeys.ParseDue(rollout, first.RowKey).Due : null;

    public async Task<IReadOnlyList<RolloutBlock>> AfterAsync(StagedRollout rollout, string key, int top, CancellationToken cancellationToken)
    {
        var blocks = RolloutKeys.Blocks(rollout, rollout.Plan);
        // Behind the key: no key of a block begins with another's.
        return [.. (await FirstAsync(rollout, key.Length == 0 ? blocks : blocks + key + "!", blocks + "~", top, cancellationToken)).Select(row => Read<RolloutBlock>(row, BlockColumn))];
    }

    public async IAsyncEnumerable<RolloutBlock> ListAsync(StagedRollout rollout, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var blocks = RolloutKeys.Blocks(rollout, rollout.Plan);
        await foreach (var row in Range(rollout.Release, blocks, blocks + "~", null, cancellationToken))
            yield return Read<RolloutBlock>(row, BlockColumn);
    }

    public async Task<IReadOnlyList<RolloutStep>> TimelineAsync(string release, int top, CancellationToken cancellationToken)
    {
        var steps = new List<RolloutStep>();
        if (await FindAsync(release, cancellationToken) is not { Value: var latest })
            return steps;
        // Round by round, as each begins with its own key.
        for (var round = latest.Round; round > 0 && steps.Count < top; round--)
        {
            var prefix = $"{RolloutKeys.Round(round)}~t~";
            await foreach (var row in Range(release, prefix, prefix + "~", Math.Min(top, 1000), cancellationToken))
            {
                steps.Add(TableDocument.Read<RolloutStep>(row));
                if (steps.Count == top)
                    break;
            }
        }

        return steps;
    }

    public async Task<Versioned<DeviceHolds>?> HoldsAsync(string track, CancellationToken cancellationToken) =>
        await _table.FindAsync(RolloutKeys.Holds, track, cancellationToken) is { } row ? new(Read<DeviceHolds>(row, RolloutColumn), row.ETag.ToString()) : null;

    public async Task<bool> TrySaveAsync(DeviceHolds holds, string? version, CancellationToken cancellationToken)
    {
        if (!await _table.TrySaveAsync(Write(RolloutKeys.Holds, holds.Track, RolloutColumn, holds), version, cancellationToken))
            return false;
        await notes.NoteAsync(ChangeKinds.Releases, cancellationToken);
        return true;
    }

    public async Task<IReadOnlyDictionary<string, UpdateCost>> CostsAsync(CancellationToken cancellationToken)
    {
        var costs = new Dictionary<string, UpdateCost>(StringComparer.Ordinal);
        await foreach (var row in _table.QueryAsync<TableEntity>(e => e.PartitionKey == RolloutKeys.Costs, cancellationToken: cancellationToken))
            costs[row.RowKey] = TableDocument.Read<UpdateCost>(row);
        return costs;
    }

    public Task SaveCostAsync(string model, UpdateCost cost, CancellationToken cancellationToken) =>
        _table.UpsertEntityAsync(TableDocument.Of(RolloutKeys.Costs, model, cost), TableUpdateMode.Replace, cancellationToken);

    /// <summary>A block, and its place in the due-index where that moved.</summary>
    private static IEnumerable<TableTransactionAction> ActionsOf(StagedRollout rollout, BlockChange change)
    {
        yield return new(TableTransactionActionType.UpsertReplace, Write(rollout.Release, RolloutKeys.Block(rollout, rollout.Plan, change.After.Key), BlockColumn, change.After));
        var from = change.Before?.DueAt is { } was ? RolloutKeys.Due(rollout, was, change.After.Key) : null;
        var to = change.After.DueAt is { } due ? RolloutKeys.Due(rollout, due, change.After.Key) : null;
        if (from == to)
            yield break;
        if (from is not null)
            yield return new(TableTransactionActionType.Delete, new TableEntity(rollout.Release, from), ETag.All);
        if (to is not null)
            yield return new(TableTransactionActionType.UpsertReplace, new TableEntity(rollout.Release, to));
    }

    /// <returns>The version of the first row; null = somebody was faster.</returns>
    private async Task<string?> TrySubmitAsync(List<TableTransactionAction> actions, CancellationToken cancellationToken)
    {
        try
        {
            return (await _table.SubmitAsync(actions, cancellationToken))[0].Headers.ETag?.ToString()
                ?? throw new InvalidDataException("The store named no version of what it stored.");
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
        {
            return null;
        }
    }

    private async Task TakeOffAsync(TableEntity listed, CancellationToken cancellationToken)
    {
        try
        {
            await _table.DeleteEntityAsync(listed.PartitionKey, listed.RowKey, listed.ETag, cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status is 404 or 412)
        {
            // Somebody has named it again.
        }
    }

    private async Task<List<TableEntity>> FirstAsync(StagedRollout rollout, string from, string to, int top, CancellationToken cancellationToken)
    {
        var first = new List<TableEntity>(top);
        await foreach (var row in Range(rollout.Release, from, to, top, cancellationToken))
        {
            first.Add(row);
            if (first.Count == top)
                break;
        }

        return first;
    }

    private AsyncPageable<TableEntity> Range(string partition, string from, string to, int? perPage, CancellationToken cancellationToken) =>
        _table.QueryAsync<TableEntity>(e => e.PartitionKey == partition && e.RowKey.CompareTo(from) >= 0 && e.RowKey.CompareTo(to) < 0, maxPerPage: perPage, cancellationToken: cancellationToken);

    private static TableEntity Write<T>(string partition, string row, string column, T document)
    {
        var entity = new TableEntity(partition, row);
        BinaryColumns.Write(entity, column, JsonSerializer.SerializeToUtf8Bytes(document, WireJson.Options));
        return entity;
    }

    private static T Read<T>(TableEntity row, string column) =>
        JsonSerializer.Deserialize<T>(BinaryColumns.Read(row, column), WireJson.Options) ?? throw new InvalidDataException($"The row {row.PartitionKey}/{row.RowKey} has no document.");
}
