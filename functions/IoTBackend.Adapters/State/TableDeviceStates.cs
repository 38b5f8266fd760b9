using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.State;
using Microsoft.Extensions.Options;

namespace IoTBackend.Adapters.State;

/// <summary>
/// Device states in the table <c>DeviceStates</c> (keys: <see cref="DeviceStateKeys"/>), with a copy of what this process works
/// on in memory. The copy is only ever a guess: every write names the ETag it was based on.
/// </summary>
public sealed class TableDeviceStates : IDeviceStates, IRunningImages
{
    /// <summary>What the service answers with at once, at most.</summary>
    private const int RowsOfPage = 1000;

    private const int MaxConcurrentReads = 8;

    /// <summary><c>{track} {digest}</c> as the device last named them, beside the state that has them too: so that a fleet's images are read without its states.</summary>
    internal const string ImageColumn = "Image";

    /// <summary>Those of its other tracks, where it has any: of each the hashes that its state keeps, track (8 hexadecimal digits) and digest (16).</summary>
    internal const string OtherImagesColumn = "Images";

    private readonly TableClient _table;
    private readonly OutboxRelay _outbox;
    private readonly DamagedStates _damaged;
    private readonly ShardCache[] _shards;

    public TableDeviceStates(TableServiceClient tables, OutboxRelay outbox, DamagedStates damaged, IOptions<DeviceStateOptions> options)
    {
        _table = tables.GetTableClient(TableNames.DeviceStates);
        _outbox = outbox;
        _damaged = damaged;
        _shards = [.. Enumerable.Range(0, options.Value.ShardCount).Select(_ => new ShardCache())];
    }

    public int ShardCount => _shards.Length;

    public int ShardOf(string deviceId) => HubPartition.Of(deviceId, _shards.Length);

    public async Task<IDeviceShard> OpenAsync(int shard, bool whole, CancellationToken cancellationToken)
    {
        var cache = _shards[shard];
        await cache.Lock.WaitAsync(cancellationToken);
        try
        {
            if (whole && !cache.IsWhole)
                await ReadWholeAsync(shard, cache, cancellationToken);
            return new TableDeviceShard(_table, _outbox, _damaged, shard, cache);
        }
        catch
        {
            cache.Lock.Release();
            throw;
        }
    }

    public async Task<DeviceRecord?> FindAsync(string deviceId, CancellationToken cancellationToken) =>
        await _table.FindAsync(DeviceStateKeys.Shard(ShardOf(deviceId)), DeviceStateKeys.Device(deviceId), cancellationToken) is { } row && StateColumns.TryRead(row, out var record, out _) ? record : null;

    public async Task<IReadOnlyDictionary<string, DeviceRecord>> FindAsync(IReadOnlyCollection<string> deviceIds, int fleet, CancellationToken cancellationToken)
    {
        var found = new ConcurrentDictionary<string, DeviceRecord>(StringComparer.Ordinal);
        var pages = fleet / ShardCount / RowsOfPage + 1;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrentReads, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(deviceIds.GroupBy(ShardOf), parallel, async (shard, cancellation) =>
        {
            var wanted = shard.ToHashSet(StringComparer.Ordinal);
            if (wanted.Count > pages)
            {
                // Cheaper than one by one, with all that stand between them.
                await ReadRangeAsync(shard.Key, wanted, found, cancellation);
                return;
            }

            foreach (var id in wanted)
            {
                if (await FindAsync(id, cancellation) is { } record)
                    found[id] = record;
            }
        });
        return found;
    }

    private async Task ReadRangeAsync(int shard, HashSet<string> wanted, ConcurrentDictionary<string, DeviceRecord> found, CancellationToken cancellationToken)
    {
        var rows = wanted.Select(DeviceStateKeys.Device).Order(StringComparer.Ordinal).ToList();
        var (partition, first, last) = (DeviceStateKeys.Shard(shard), rows[0], rows[^1]);
        await foreach (var row in _table.QueryAsync<TableEntity>(
            e => e.PartitionKey == partition && e.RowKey.CompareTo(first) >= 0 && e.RowKey.CompareTo(last) <= 0, cancellationToken: cancellationToken))
        {
            if (DeviceStateKeys.DeviceIdOf(row.RowKey) is var id && wanted.Contains(id) && StateColumns.TryRead(row, out var record, out _))
                found[id] = record;
        }
    }

    public IAsyncEnumerable<KeyValuePair<string, DeviceRecord>> ListAsync(CancellationToken cancellationToken) =>
        SideBySide.Merge(Enumerable.Range(0, _shards.Length), ListAsync, cancellationToken);

    public IAsyncEnumerable<RunningImage> ListImagesAsync(CancellationToken cancellationToken) =>
        SideBySide.Merge(Enumerable.Range(0, _shards.Length), (shard, token) =>
        {
            var partition = DeviceStateKeys.Shard(shard);
            return _table.QueryAsync<TableEntity>(
                    e => e.PartitionKey == partition && e.RowKey.CompareTo(DeviceStateKeys.DevicePrefix) >= 0 && e.RowKey.CompareTo(DeviceStateKeys.DeviceEnd) < 0,
                    select: ["RowKey", ImageColumn, OtherImagesColumn], cancellationToken: token)
                .Select(ImageOf).Where(image => image is not null).Select(image => image.GetValueOrDefault());
        }, cancellationToken);

    public async Task RemoveAsync(string deviceId, CancellationToken cancellationToken)
    {
        var shard = ShardOf(deviceId);
        await using var held = (TableDeviceShard)await OpenAsync(shard, whole: false, cancellationToken);
        await held.RemoveAsync(deviceId, cancellationToken);
    }

    internal static string? ImageOf(DeviceRecord record) => record.Detection.Image is ({ } track, { } digest) ? $"{track} {digest}" : null;

    internal static string? OtherImagesOf(DeviceRecord record) => record.Detection.OtherImages is { Count: > 0 } others
        ? string.Join(' ', others.Select(other => string.Create(CultureInfo.InvariantCulture, $"{other.Track:x8}{other.Digest:x16}")))
        : null;

    private static RunningImage? ImageOf(TableEntity row) =>
        row.GetString(ImageColumn)?.Split(' ') is [var track, var digest] ? new(DeviceStateKeys.DeviceIdOf(row.RowKey), track, digest, OtherImagesOf(row)) : null;

    private static List<(uint, ulong)>? OtherImagesOf(TableEntity row) => row.GetString(OtherImagesColumn)?.Split(' ')
        .Select(key => (uint.Parse(key.AsSpan(0, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture), ulong.Parse(key.AsSpan(8), NumberStyles.HexNumber, CultureInfo.InvariantCulture))).ToList();

    private async Task ReadWholeAsync(int shard, ShardCache cache, CancellationToken cancellationToken)
    {
        var rows = await QueryDevices(shard, cancellationToken).ToListAsync(cancellationToken);
        var damaged = new List<(TableEntity, string)>();
        cache.Forget();
        cache.Devices.EnsureCapacity(rows.Count);
        foreach (var row in rows)
        {
            var isWell = StateColumns.TryRead(row, out var record, out var damage);
            cache.Devices[DeviceStateKeys.DeviceIdOf(row.RowKey)] = isWell ? new(StateColumns.BytesOf(row), record.DueAt, row.ETag) : CachedDevice.Of(record, row.ETag);
            if (!isWell)
                damaged.Add((row, damage));
        }

        await _damaged.KeepAsync(shard, damaged, cancellationToken);
        cache.IsWhole = true;
    }

    private async IAsyncEnumerable<KeyValuePair<string, DeviceRecord>> ListAsync(int shard, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in QueryDevices(shard, cancellationToken))
        {
            if (StateColumns.TryRead(row, out var record, out _))
                yield return new(DeviceStateKeys.DeviceIdOf(row.RowKey), record);
        }
    }

    private AsyncPageable<TableEntity> QueryDevices(int shard, CancellationToken cancellationToken)
    {
        var partition = DeviceStateKeys.Shard(shard);
        return _table.QueryAsync<TableEntity>(
            e => e.PartitionKey == partition && e.RowKey.CompareTo(DeviceStateKeys.DevicePrefix) >= 0
                && e.RowKey.CompareTo(DeviceStateKeys.DeviceEnd) < 0,
            cancellationToken: cancellationToken);
    }
}
