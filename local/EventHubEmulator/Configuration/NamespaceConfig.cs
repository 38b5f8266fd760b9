using IoTBackend.EventHubEmulator.Authorization;

namespace IoTBackend.EventHubEmulator.Configuration;

/// <summary>One hub as it was configured.</summary>
internal sealed record HubConfig(string Name, int PartitionCount, IReadOnlyList<string> ConsumerGroups);

/// <summary>What the configuration file says.</summary>
internal sealed record NamespaceConfig(IReadOnlyList<HubConfig> Hubs, IReadOnlyList<AuthorizationRule> Rules)
{
    /// <summary>The rule that every connection string of Microsoft's emulator carries.</summary>
    public static AuthorizationRule RootRule { get; } = new("RootManageSharedAccessKey", "SAS_KEY_VALUE", AccessRights.Manage, null);

    /// <summary>Without a file: one hub, <c>telemetry</c>, with four partitions.</summary>
    public static NamespaceConfig Default { get; } = new([new("telemetry", 4, [])], [RootRule]);
}
