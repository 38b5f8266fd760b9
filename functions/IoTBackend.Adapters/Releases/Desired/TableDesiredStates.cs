using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Releases.Desired;

/// <summary>
/// What devices are to run. Table <c>DesiredStates</c>: partition = shard, two hex digits; row <c>d~{device id}</c>, <c>Version</c> and
/// <c>Document</c> = the <see cref="DesiredState"/>; row <c>r~{track}~{device id}</c>, <c>Document</c> = its last <see cref="ReportedState"/>.
/// A shard's devices change in one transaction; the change feed then carries all their versions in one line.
/// </summary>
/// <param name="own">Of this process, whose devices do not wait for the feed to be read.</param>
public sealed class TableDesiredStates(TableServiceClient tables, ChangeFeed feed, DesiredVersions own) : IDesiredStates
{
    /// <summary>Change feed: key = shard, value = JSON of versions by device id.</summary>
    public const string Topic = "desired";

    /// <summary>Fixed when the store is made: a device's row is found through it.</summary>
    private const int Shards = 32;

    private const int MaxActions = 100;
    private const int MaxAttempts = 8;

    /// <summary>Up to so many are looked up one by one; more come in pages with those between them.</summary>
    private const int MaxLookups = 4;

    private const string Desired = "d~";
    private const string DesiredEnd = "d\x7f";
    private const string Reported = "r~";

    private readonly TableClient _table = tables.GetTableClient(TableNames.DesiredStates);

    /// <summary>FNV-1a, 32 bits, over the id's characters (which are ASCII).</summary>
    public int ShardOf(string deviceId) => (int)(deviceId.Aggregate(2166136261u, (hash, c) => (hash ^ c) * 16777619u) % Shards);

    public async Task<DesiredState?> FindAsync(string deviceId, CancellationToken cancellationToken) =>
        await _table.FindAsync(Partition(ShardOf(deviceId)), Desired + deviceId, cancellationToken) is { } row ? TableDocument.Read<DesiredState>(row) : null;

    public IAsyncEnumerable<KeyValuePair<string, DesiredState>> ListAsync(CancellationToken cancellationToken) =>
        SideBySide.Merge(Enumerable.Range(0, Shards), (shard, token) =>
        {
            var partition = Partition(shard);
            return _table.QueryAsync<TableEntity>(
                    e => e.PartitionKey == partition && e.RowKey.CompareTo(Desired) >= 0 && e.RowKey.CompareTo(DesiredEnd) < 0,
                    select: ["RowKey", .. TableDocument.Columns], cancellationToken: token)
                .Select(row => new KeyValuePair<string, DesiredState>(row.RowKey[Desired.Length..], TableDocument.Read<DesiredState>(row)));
        }, cancellationToken);

    /// <summary>Only the versions: what an instance reads when it starts.</summary>
    public async IAsyncEnumerable<KeyValuePair<string, long>> ListVersionsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rows = _table.QueryAsync<TableEntity>(
            e => e.RowKey.CompareTo(Desired) >= 0 && e.RowKey.CompareTo(DesiredEnd) < 0,
            select: ["RowKey", "Version"], cancellationToken: cancellationToken);
        await foreach (var row in rows)
            yield return new(row.RowKey[Desired.Length..], row.GetInt64("Version") ?? 0);
    }

    public async Task ChangeAsync(
        int shard, IReadOnlyCollection<string> devices, Func<string, DesiredState, DesiredState> change, CancellationToken cancellationToken)
    {
        foreach (var piece in devices.Chunk(MaxActions))
        {
            var versions = await ChangeAsync(Partition(shard), piece, change, cancellationToken);
            foreach (var (deviceId, version) in versions)
                own.Set(deviceId, version);
            await feed.AppendAsync(Topic, Partition(shard), JsonSerializer.Serialize(versions), cancellationToken);
        }
    }

    public Task SaveReportAsync(string deviceId, string track, ReportedState report, CancellationToken cancellationToken) =>
        _table.UpsertEntityAsync(
            TableDocument.Of(Partition(ShardOf(deviceId)), $"{Reported}{track}~{deviceId}", report), TableUpdateMode.Replace, cancellationToken);

    public async Task<IReadOnlyDictionary<string, ReportedState>> FindReportsAsync(
        string track, int shard, IReadOnlyCollection<string> devices, CancellationToken cancellationToken)
    {
        var (partition, prefix) = (Partition(shard), $"{Reported}{track}~");
        var found = new Dictionary<string, ReportedState>(StringComparer.Ordinal);
        if (devices.Count <= MaxLookups)
        {
            foreach (var device in devices)
            {
                if (await _table.FindAsync(partition, prefix + device, cancellationToken) is { } row)
                    found[device] = TableDocument.Read<ReportedState>(row);
            }

            return found;
        }

        var wanted = devices.ToHashSet(StringComparer.Ordinal);
        var (first, last) = (prefix + devices.Min(StringComparer.Ordinal), prefix + devices.Max(StringComparer.Ordinal));
        await foreach (var row in _table.QueryAsync<TableEntity>(
            e => e.PartitionKey == partition && e.RowKey.CompareTo(first) >= 0 && e.RowKey.CompareTo(last) <= 0, cancellationToken: cancellationToken))
        {
            if (row.RowKey[prefix.Length..] is var device && wanted.Contains(device))
                found[device] = TableDocument.Read<ReportedState>(row);
        }

        return found;
    }

    public async IAsyncEnumerable<KeyValuePair<string, ReportedState>> ListReportsAsync(
        string track, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (from, to) = ($"{Reported}{track}~", $"{Reported}{track}\x7f");
        var rows = _table.QueryAsync<TableEntity>(e => e.RowKey.CompareTo(from) >= 0 && e.RowKey.CompareTo(to) < 0, cancellationToken: cancellationToken);
        await foreach (var row in rows)
            yield return new(row.RowKey[from.Length..], TableDocument.Read<ReportedState>(row));
    }

    private async Task<Dictionary<string, long>> ChangeAsync(
        string partition, string[] devices, Func<string, DesiredState, DesiredState> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var stored = await ReadAsync(partition, devices, cancellationToken);
            var versions = new Dictionary<string, long>(StringComparer.Ordinal);
            var actions = new List<TableTransactionAction>();
            foreach (var deviceId in devices)
            {
                var row = stored.GetValueOrDefault(deviceId);
                var before = row is null ? DesiredState.Nothing : TableDocument.Read<DesiredState>(row);
                var after = change(deviceId, before);
                versions[deviceId] = after.Version;
                if (ReferenceEquals(before, after))
                    continue;
                var entity = TableDocument.Of(partition, Desired + deviceId, after);
                entity["Version"] = after.Version;
                actions.Add(row is null
                    ? new(TableTransactionActionType.Add, entity)
                    : new(TableTransactionActionType.UpdateReplace, entity, row.ETag));
            }

            if (actions.Count == 0 || await TrySubmitAsync(actions, cancellationToken))
                return versions;
        }

        throw new ConflictException("the devices' desired states");
    }

    private async Task<Dictionary<string, TableEntity>> ReadAsync(string partition, string[] devices, CancellationToken cancellationToken)
    {
        var wanted = devices.ToHashSet(StringComparer.Ordinal);
        var (first, last) = (Desired + devices.Min(StringComparer.Ordinal), Desired + devices.Max(StringComparer.Ordinal));
        var found = new Dictionary<string, TableEntity>(StringComparer.Ordinal);
        var rows = _table.QueryAsync<TableEntity>(
            e => e.PartitionKey == partition && e.RowKey.CompareTo(first) >= 0 && e.RowKey.CompareTo(last) <= 0, cancellationToken: cancellationToken);
        await foreach (var row in rows)
        {
            if (wanted.Contains(row.RowKey[Desired.Length..]))
                found[row.RowKey[Desired.Length..]] = row;
        }

        return found;
    }

    private async Task<bool> TrySubmitAsync(List<TableTransactionAction> actions, CancellationToken cancellationToken)
    {
        try
        {
            await _table.SubmitAsync(actions, cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
        {
            return false;
        }
    }

    private static string Partition(int shard) => shard.ToString("x2", CultureInfo.InvariantCulture);
}
