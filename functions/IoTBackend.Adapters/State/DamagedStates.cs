using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;
using IoTBackend.Core.Ingest;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Adapters.State;

/// <summary>
/// Keeps states that cannot be read: as dead letters with the stored bytes, so that they are counted and listed with the others. The device begins anew,
/// and no other device of its shard waits for it.
/// </summary>
public sealed partial class DamagedStates(IDeadLetters letters, ILogger<DamagedStates> log)
{
    /// <summary>No telemetry: such a letter is not sent again.</summary>
    private const string ContentType = "application/vnd.iot-backend.device-state";

    /// <summary>The same row again is the same letter.</summary>
    internal async Task KeepAsync(int shard, IReadOnlyList<(TableEntity Row, string Damage)> damaged, CancellationToken cancellationToken)
    {
        if (damaged.Count == 0)
            return;
        await letters.AddAsync([.. damaged.Select(d => Letter(shard, d.Row, d.Damage))], cancellationToken);
        foreach (var (row, damage) in damaged)
            LogDamaged(log, DeviceStateKeys.DeviceIdOf(row.RowKey), damage);
    }

    private static DeadLetter Letter(int shard, TableEntity row, string damage)
    {
        var (deviceId, bytes) = (DeviceStateKeys.DeviceIdOf(row.RowKey), StateColumns.BytesOf(row));
        var identity = SHA256.HashData([.. Encoding.UTF8.GetBytes(deviceId + "\n"), .. bytes]);
        return new(
            shard,
            new()
            {
                SequenceNumber = BinaryPrimitives.ReadInt64LittleEndian(identity) & long.MaxValue,
                EnqueuedAt = row.Timestamp ?? DateTimeOffset.UnixEpoch,
                DeviceId = deviceId,
                ContentType = ContentType,
                Body = bytes,
            },
            $"The stored state of device {deviceId} cannot be read ({damage}): the device begins anew.");
    }

    [LoggerMessage(1, LogLevel.Error, "The stored state of device {DeviceId} cannot be read and begins anew; its bytes are a dead letter: {Damage}")]
    private static partial void LogDamaged(ILogger log, string deviceId, string damage);
}
