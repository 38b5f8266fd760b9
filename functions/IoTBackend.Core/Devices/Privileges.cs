using System.Text.Json;
using IoTBackend.Core.Shared;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Devices;

/// <summary>
/// What an image's containers ask for, from its config (image-spec, config.md: <c>User</c>, <c>ExposedPorts</c>) and from labels, which the digest covers:
/// <c>io.fleet.run.privileged</c>, <c>io.fleet.run.host-network</c> (<c>true</c>), <c>io.fleet.run.capabilities</c>, <c>io.fleet.run.mounts</c> and
/// <c>io.fleet.network.egress</c> (lists, by commas). An image cannot grant itself anything; what it asks for may be refused here.
/// </summary>
public sealed record Privileges
{
    private const int Most = 50;

    /// <summary>Characters: a path of the host, or the longest name there is in DNS.</summary>
    private const int MaxEntry = 256;

    /// <summary>Characters in all, so that it can be stored with a release and told in a reason.</summary>
    private const int MaxTotal = 4096;

    public bool Root { get; init; }

    public bool Privileged { get; init; }

    public bool HostNetwork { get; init; }

    /// <summary>Linux capabilities without <c>CAP_</c>, upper case; <c>ALL</c> is one.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>Paths of the host.</summary>
    public IReadOnlyList<string> Mounts { get; init; } = [];

    /// <summary><c>port/protocol</c>.</summary>
    public IReadOnlyList<string> Ports { get; init; } = [];

    /// <summary>Hosts it calls.</summary>
    public IReadOnlyList<string> Egress { get; init; } = [];

    private int Length => Capabilities.Concat(Mounts).Concat(Ports).Concat(Egress).Sum(e => e.Length);

    /// <summary>Of an image's config. What asks for more than anybody would name is no image to run: none of it is left out.</summary>
    internal static Result<Privileges> Of(JsonElement? container)
    {
        var labels = Object(container, "Labels");
        return Bounded(new()
        {
            Root = IsRoot(Text(container, "User")),
            Privileged = Says("io.fleet.run.privileged"),
            HostNetwork = Says("io.fleet.run.host-network"),
            Capabilities = [.. List("io.fleet.run.capabilities").Select(c => c.ToUpperInvariant()).Select(c => c.StartsWith("CAP_", StringComparison.Ordinal) ? c[4..] : c)],
            Mounts = List("io.fleet.run.mounts"),
            Ports = PortsOf(container),
            Egress = List("io.fleet.network.egress"),
        });

        bool Says(string label) => Text(labels, label)?.Trim().ToLowerInvariant() is not (null or "" or "false" or "0" or "no");

        // One that is too long in any case is not split.
        string[] List(string label) => Text(labels, label) is not { } value ? []
            : value.Length > MaxTotal ? [value]
            : [.. value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(v => !v.Equals("none", StringComparison.OrdinalIgnoreCase))];
    }

    /// <summary>All that any of them asks for.</summary>
    public static Privileges Union(IEnumerable<Privileges> all) => all.Aggregate(new Privileges(), Union);

    /// <summary>What both ask for together, where that is no more than one may.</summary>
    internal static Result<Privileges> And(Privileges a, Privileges b) => Bounded(Union(a, b));

    /// <summary>A range that is exposed is an entry for each of its ports: many are asked for as all.</summary>
    private static string[] PortsOf(JsonElement? container)
    {
        string[] ports = [.. (Object(container, "ExposedPorts")?.EnumerateObject().Select(NameOf).OfType<string>() ?? []).Take(Most + 1)];
        return ports.Length > Most ? ["*"] : ports;
    }

    private static Result<Privileges> Bounded(Privileges asked)
    {
        var lists = new[] { asked.Capabilities, asked.Mounts, asked.Ports, asked.Egress };
        return Array.Exists(lists, l => l.Any(e => e.Length > MaxEntry)) ? Result<Privileges>.Rejected($"It asks for something whose name has more than {MaxEntry} characters.")
            : Array.Exists(lists, l => l.Count > Most) || asked.Length > MaxTotal ? Result<Privileges>.Rejected($"It asks for more than {Most} of a kind, or in more than {MaxTotal} characters.")
            : asked;
    }

    private static Privileges Union(Privileges a, Privileges b) => new()
    {
        Root = a.Root || b.Root,
        Privileged = a.Privileged || b.Privileged,
        HostNetwork = a.HostNetwork || b.HostNetwork,
        Capabilities = Together(a.Capabilities, b.Capabilities),
        Mounts = Together(a.Mounts, b.Mounts),
        Ports = Together(a.Ports, b.Ports),
        Egress = Together(a.Egress, b.Egress),
    };

    /// <summary>What of this goes beyond <paramref name="allowed"/>, in words.</summary>
    public IEnumerable<string> Beyond(Privileges allowed)
    {
        if (Privileged && !allowed.Privileged)
            yield return "to run privileged";
        if (Root && !allowed.Root && !allowed.Privileged)
            yield return "to run as root";
        if (HostNetwork && !allowed.HostNetwork)
            yield return "for the host's network";
        foreach (var (what, asked, given) in new[]
        {
            ("the capability", Capabilities, allowed.Capabilities), ("the mount", Mounts, allowed.Mounts), ("the port", Ports, allowed.Ports), ("calls to", Egress, allowed.Egress),
        })
        {
            if (given.Contains("ALL") || given.Contains("*"))
                continue;
            foreach (var one in asked.Except(given, StringComparer.OrdinalIgnoreCase))
                yield return $"for {what} {one}";
        }
    }

    // A name is not resolved: who it is stands in the image's own passwd file.
    private static bool IsRoot(string? user) => user?.Split(':')[0] is null or "" or "0" or "root";

    private static string[] Together(IReadOnlyList<string> a, IReadOnlyList<string> b) => [.. a.Union(b).Order(StringComparer.Ordinal)];
}
