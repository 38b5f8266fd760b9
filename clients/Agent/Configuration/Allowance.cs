using IoTBackend.Core.Devices;

namespace IoTBackend.Agent.Configuration;

/// <summary>What an image's labels ask for, beside what this device's file gives: an image that would not work is told from one that must not run.</summary>
internal static class Allowance
{
    /// <summary>Null = it asks for no more than it gets.</summary>
    public static string? Refusal(Privileges asks, ContainerOptions options)
    {
        var given = new Privileges
        {
            Root = true,
            Privileged = options.Privileged,
            HostNetwork = options.Network == "host",
            Capabilities = options.Privileged ? ["ALL"] : options.Capabilities,
            Mounts = [.. options.Mounts.Select(m => m.Source)],
            Ports = ["*"],
            Egress = ["*"],
        };
        var beyond = asks.Beyond(given).ToList();
        return beyond.Count == 0 ? null : $"it asks {string.Join(" and ", beyond)}, which this device does not give";
    }
}
