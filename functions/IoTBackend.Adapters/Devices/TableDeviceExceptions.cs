using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Devices;

/// <summary>
/// Devices whose credential is not judged by the rule. Table <c>DeviceExceptions</c>: partition = device id, row = <c>exception</c>,
/// <c>Generation</c>, <c>Enabled</c>, <c>Deleted</c>. A copy of what the device's row says, small enough to be read whole by every instance.
/// </summary>
public sealed class TableDeviceExceptions(TableServiceClient tables, ChangeFeed feed)
{
    public const string Topic = "deviceExceptions";

    private const string Row = "exception";

    private const int MaxAttempts = 8;

    private readonly TableClient _table = tables.GetTableClient(TableNames.DeviceExceptions);

    /// <summary>
    /// Makes the exception say what the device's row says. It is read before the device's row and written only if it is
    /// still the same, so of two writers at once the one that saw the newer row has the last word.
    /// </summary>
    public async Task FollowAsync(
        string deviceId, Func<string, CancellationToken, Task<StoredDevice?>> load, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var before = await LoadAsync(deviceId, cancellationToken);
            if (await load(deviceId, cancellationToken) is not { } stored || stored.Device.Id != deviceId)
                return;
            var exception = new DeviceException(stored.Device.KeyGeneration, stored.Device.Enabled, stored.Deleted);
            if (before is null && exception == DeviceException.None)
                return;
            if (await TryWriteAsync(deviceId, exception, before?.ETag.ToString(), cancellationToken))
            {
                await feed.AppendAsync(Topic, deviceId, null, cancellationToken);
                return;
            }
        }

        throw new ConflictException("the device");
    }

    public async Task<DeviceException> FindAsync(string deviceId, CancellationToken cancellationToken) =>
        await LoadAsync(deviceId, cancellationToken) is { } entity ? Read(entity) : DeviceException.None;

    public async Task<IReadOnlyDictionary<string, DeviceException>> ListAsync(CancellationToken cancellationToken)
    {
        var all = new Dictionary<string, DeviceException>(StringComparer.Ordinal);
        var rows = _table.QueryAsync<TableEntity>(e => e.RowKey == Row, maxPerPage: 1000, cancellationToken: cancellationToken);
        await foreach (var entity in rows)
            all[entity.PartitionKey] = Read(entity);
        return all;
    }

    private Task<TableEntity?> LoadAsync(string deviceId, CancellationToken cancellationToken) => _table.FindAsync(deviceId, Row, cancellationToken);

    private Task<bool> TryWriteAsync(string deviceId, DeviceException exception, string? version, CancellationToken cancellationToken)
    {
        var entity = new TableEntity(deviceId, Row)
        {
            [nameof(DeviceException.Generation)] = exception.Generation,
            [nameof(DeviceException.Enabled)] = exception.Enabled,
            [nameof(DeviceException.Deleted)] = exception.Deleted,
        };
        return _table.TrySaveAsync(entity, version, cancellationToken);
    }

    private static DeviceException Read(TableEntity entity) => new(
        entity.GetInt32(nameof(DeviceException.Generation)) ?? DeviceKeys.FirstGeneration,
        entity.GetBoolean(nameof(DeviceException.Enabled)) ?? false,
        entity.GetBoolean(nameof(DeviceException.Deleted)) ?? true);
}
