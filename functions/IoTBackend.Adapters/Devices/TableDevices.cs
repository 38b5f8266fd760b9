using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using IoTBackend.Core.State;

namespace IoTBackend.Adapters.Devices;

/// <summary>
/// Registrations. Table <c>Devices</c>: partition = device id in lower case, row = <c>device</c>; so two spellings of one id meet in one row.
/// <c>Document</c> is the <see cref="Device"/> as JSON, <c>Deleted</c> makes the row a tombstone.
/// </summary>
public sealed class TableDevices(TableServiceClient tables, TableDeviceExceptions exceptions, TableModels models, ChangeFeed feed)
    : IDeviceStore, IDeviceRegistry, IDeviceListing
{
    public const string Topic = "devices";

    private const string Row = "device";

    private readonly TableClient _table = tables.GetTableClient(TableNames.Devices);

    public async Task<StoredDevice?> LoadAsync(string deviceId, CancellationToken cancellationToken) =>
        await _table.FindAsync(Partition(deviceId), Row, cancellationToken) is { } row ? Read(row) : null;

    public async Task<bool> TrySaveAsync(StoredDevice device, CancellationToken cancellationToken)
    {
        var entity = new TableEntity(Partition(device.Device.Id), Row)
        {
            ["Document"] = JsonSerializer.Serialize(device.Device, WireJson.Options),
            ["Deleted"] = device.Deleted,
        };
        if (!await _table.TrySaveAsync(entity, device.Version, cancellationToken))
            return false;
        await exceptions.FollowAsync(device.Device.Id, LoadAsync, cancellationToken);
        await feed.AppendAsync(Topic, device.Device.Id, null, cancellationToken);
        return true;
    }

    public async Task<Device?> FindAsync(string deviceId, CancellationToken cancellationToken)
    {
        if (await LoadAsync(deviceId, cancellationToken) is not { Deleted: false, Device: var device } || device.Id != deviceId)
            return null;
        return device is { Platform: null, Model: { } model } && await models.FindAsync(model, cancellationToken) is { Platform: { } platform }
            ? device with { Platform = platform }
            : device;
    }

    public Task<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => models.FindAsync(model, cancellationToken);

    public async IAsyncEnumerable<Device> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (device, _) in ListAsync(null, cancellationToken))
            yield return device;
    }

    /// <summary>Devices in the order of their ids, lower case; each with the position to go on after it.</summary>
    /// <param name="after">A position returned before; null = from the start.</param>
    public async IAsyncEnumerable<(Device Device, string Position)> ListAsync(
        string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var platforms = (await models.ListAsync(cancellationToken)).ToDictionary(m => m.Name, m => m.Platform, StringComparer.Ordinal);
        var filter = after is null
            ? TableClient.CreateQueryFilter<TableEntity>(e => e.RowKey == Row)
            : TableClient.CreateQueryFilter<TableEntity>(e => e.PartitionKey.CompareTo(after) > 0 && e.RowKey == Row);
        var pages = _table.QueryAsync<TableEntity>($"{filter} and Deleted eq false", cancellationToken: cancellationToken);
        await foreach (var entity in pages)
        {
            var device = Read(entity).Device;
            if (device is { Platform: null, Model: { } model } && platforms.GetValueOrDefault(model) is { } platform)
                device = device with { Platform = platform };
            yield return (device, entity.PartitionKey);
        }
    }

    private static string Partition(string deviceId) => deviceId.ToLowerInvariant();

    private static StoredDevice Read(TableEntity entity) => new(
        TableDocument.Read<Device>(entity), entity.GetBoolean("Deleted") ?? false, entity.ETag.ToString());
}
