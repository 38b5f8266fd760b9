namespace IoTBackend.Adapters.State;

/// <summary>
/// Keys of the table <c>DeviceStates</c>. Partition = shard, <c>s0000</c>. Rows, so that one range query finds all that is waiting:
/// <code>
/// !o-{alert id}-{change}-{unix ms}   an alert's step on its way out: OutboxRelay
/// !t-{unix ms, 15 digits}-{device}   the device falls due then
/// d-{device}                         what the device reported
/// </code>
/// </summary>
internal static class DeviceStateKeys
{
    public const string DuePrefix = "!t-";
    public const string DevicePrefix = "d-";

    /// <summary>The first key after all devices.</summary>
    public const string DeviceEnd = "d.";

    public static string Shard(int shard) => $"s{shard:D4}";

    public static string Device(string deviceId) => DevicePrefix + deviceId;

    public static string DeviceIdOf(string rowKey) => rowKey[DevicePrefix.Length..];

    public static string Due(DateTimeOffset at, string deviceId) => $"{DuePrefix}{at.ToUnixTimeMilliseconds():D15}-{deviceId}";

    public static string DueEnd(DateTimeOffset until) => $"{DuePrefix}{until.ToUnixTimeMilliseconds():D15}-";

    public static string DeviceIdOfDue(string rowKey) => rowKey[(DuePrefix.Length + 16)..];
}
