using System.Net;
using System.Net.Sockets;

namespace IoTBackend.Core.Shared;

/// <summary>
/// Where an operator's URL (a channel's, a registry's) may lead. A backend that calls any address is a way into the network it runs in, so what is
/// not on the public internet is refused, judged by the address that is connected to, not by the name.
/// </summary>
public static class TargetAddress
{
    // Never of use to us: this host, link-local with the clouds' metadata services, benchmarks, multicast, reserved.
    private static readonly IPNetwork[] Never =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("192.0.0.0/24"), IPNetwork.Parse("192.0.2.0/24"),
        IPNetwork.Parse("198.18.0.0/15"), IPNetwork.Parse("198.51.100.0/24"), IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("224.0.0.0/3"),
        // Azure's platform address, Alibaba's, AWS's and Google's metadata services.
        IPNetwork.Parse("168.63.129.16/32"), IPNetwork.Parse("100.100.100.200/32"), IPNetwork.Parse("fd00:ec2::254/128"), IPNetwork.Parse("fd20:ce::254/128"),
        IPNetwork.Parse("192.88.99.0/24"), IPNetwork.Parse("2001:db8::/32"), IPNetwork.Parse("2001::/23"), IPNetwork.Parse("3fff::/20"),
    ];

    /// <summary>
    /// Of IPv6 this alone is given out (IANA, IPv6 Global Unicast Address Assignments). Outside lie link-local and multicast, NAT64 for local use (RFC 8215: where in
    /// it the IPv4 address stands is the network's own affair, so it may be any), and what somebody may route to one day.
    /// </summary>
    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");

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
        return !Array.Exists(Never, n => n.Contains(actual)) && (Array.Exists(Private, n => n.Contains(actual))
            ? allowPrivate
            : actual.AddressFamily != AddressFamily.InterNetworkV6 || Global6.Contains(actual));
    }

    /// <summary>
    /// The IPv4 address inside an IPv6 one: mapped (RFC 4291), translated (RFC 2765, <c>::ffff:0:a.b.c.d</c>), NAT64 (RFC 6052), 6to4 (RFC 3056),
    /// ISATAP (RFC 5214), and the deprecated <c>::a.b.c.d</c>.
    /// </summary>
    private static IPAddress Unwrap(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return bytes[..12].SequenceEqual<byte>([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]) ? new(bytes[12..])
            : bytes[..12].SequenceEqual<byte>([0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0]) ? new(bytes[12..])
            : bytes[0] == 0x20 && bytes[1] == 0x02 ? new(bytes[2..6])
            : bytes[8] is 0 or 2 && bytes[9..12].SequenceEqual<byte>([0, 0x5e, 0xfe]) ? new(bytes[12..])
            // Apart from :: and ::1.
            : bytes[..12].IndexOfAnyExcept((byte)0) < 0 && (bytes[12] | bytes[13]) != 0 ? new(bytes[12..])
            : address;
    }
}
