using System.Net;
using IoTBackend.Core.Shared;

namespace Core.Tests.Shared;

public sealed class TargetAddressTests
{
    [Theory]
    [InlineData("93.184.215.14")]
    [InlineData("2606:2800:21f:cb07:6820:80da:af6b:8b2c")]
    public void Public_addresses_are_allowed(string address) => Assert.True(TargetAddress.IsAllowed(IPAddress.Parse(address), allowPrivate: false));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.9.1")]
    [InlineData("10.0.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:c0a8:101::1")]
    [InlineData("::10.0.0.1")]
    [InlineData("::ffff:0:10.0.0.1")]
    [InlineData("2001:4860:4860::5efe:10.0.0.1")]
    [InlineData("2001:4860:4860::200:5efe:192.168.1.1")]
    public void Private_addresses_are_allowed_where_the_operator_says_so(string address)
    {
        Assert.False(TargetAddress.IsAllowed(IPAddress.Parse(address), allowPrivate: false));
        Assert.True(TargetAddress.IsAllowed(IPAddress.Parse(address), allowPrivate: true));
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("168.63.129.16")]
    [InlineData("100.100.100.200")]
    [InlineData("192.0.0.192")]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("224.0.0.1")]
    [InlineData("::")]
    [InlineData("fe80::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2002:a9fe:a9fe::")]
    [InlineData("::ffff:0:169.254.169.254")]
    [InlineData("64:ff9b:1::a9fe:a9fe")]
    [InlineData("64:ff9b:1:a9fe:a9:fe00::")]
    [InlineData("64:ff9b:1:ffff::1")]
    [InlineData("2001:4860:4860::5efe:a9fe:a9fe")]
    [InlineData("fd20:ce::254")]
    [InlineData("64:ff9b:2::1")]
    [InlineData("4000::1")]
    [InlineData("::ffff:0:0:a9fe:a9fe")]
    [InlineData("192.88.99.1")]
    public void Metadata_and_link_local_addresses_are_never_allowed(string address) =>
        Assert.False(TargetAddress.IsAllowed(IPAddress.Parse(address), allowPrivate: true));
}
