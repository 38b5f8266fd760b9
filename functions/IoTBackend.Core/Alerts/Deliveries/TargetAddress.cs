using System.Net;
using System.Net.Sockets;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>
/// Where an operator's URL may lead. A backend that posts to any address is a way into the network it runs in, so what is
/// not on the public internet is refused, judged by the address that is connected to, not by the name.
/// </summary>
public static class TargetAddress
{
    // Never of use as a receiver: this host, link-local with the clouds' metadata services, benchmarks, multicast, reserved.
    private static readonly IPNetwork[] Never =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("192.0.0.0/24"), IPNetwork.Parse("192.0.2.0/24"),
        IPNetwork.Parse("198.18.0.0/15"), IPNetwork.Parse("198.51.100.0/24"), IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("224.0.0.0/3"),
        // Azure's platform address, Alibaba's and AWS's metadata services.
        IPNetwork.Parse("168.63.129.16/32"), IPNetwork.Parse("100.100.100.200/32"), IPNetwork.Parse("fd00:ec2::254/128"),
        IPNetwork.Parse("::/128"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("fec0::/10"), IPNetwork.Parse("ff00::/8"),
        IPNetwork.Parse("100::/64"), IPNetwork.Parse("2001:db8::/32"), IPNetwork.Parse("2001::/23"),
    ];

    private static readonly IPNetwork[] Private =
    [
        IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("::1/128"), IPNetwork.Parse("fc00::/7"),
    ];

    /// <param name="address">The address that would be connected to.</param>
    /// <param name="allowPrivate">Loopback and private networks too.</param>
    public static bool IsAllowed(IPAddress address, bool allowPrivate)
    {
        var actual = Unwrap(address);
        return !Array.Exists(Never, n => n.Contains(actual)) && (allowPrivate || !Array.Exists(Private, n => n.Contains(actual)));
    }

    /// <summary>The IPv4 address inside an IPv6 one: mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).</summary>
    private static IPAddress Unwrap(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return bytes[..12].SequenceEqual<byte>([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]) ? new(bytes[12..])
            : bytes[0] == 0x20 && bytes[1] == 0x02 ? new(bytes[2..6])
            // The deprecated form ::a.b.c.d, apart from :: and ::1.
            : bytes[..12].IndexOfAnyExcept((byte)0) < 0 && (bytes[12] | bytes[13]) != 0 ? new(bytes[12..])
            : address;
    }
}
