using System.Text;
using IoTBackend.EventHubEmulator.Hubs;

namespace EventHubEmulator.Tests;

public sealed class PartitionKeyHashTests
{
    [Theory]
    [InlineData("", 0, 0, 0, 0)]
    [InlineData("a", -16220, 0, 4, 28)]
    [InlineData("device-1", 26788, 0, 4, 4)]
    [InlineData("device-0001", -24874, 2, 2, 10)]
    [InlineData("device-00012", 3474, 2, 2, 18)]
    [InlineData("Gerät-17-München", -23559, 3, 7, 7)]
    [InlineData("sensor/eu-west/0000000042", 28818, 2, 2, 18)]
    [InlineData("e5a7c1d0-7b52-4c1e-9d0f-3c8d4b6f2a11", 14362, 2, 2, 26)]
    [InlineData("0123456789abcdef0123456789abcdef0123456789", -2872, 0, 0, 24)]
    public void The_hash_is_the_services_own(string key, int hash, int of4, int of8, int of32)
    {
        var utf8 = Encoding.UTF8.GetBytes(key);
        Assert.Equal(hash, PartitionKeyHash.Hash(utf8));
        Assert.Equal([of4, of8, of32], new[] { 4, 8, 32 }.Select(count => PartitionKeyHash.PartitionOf(utf8, count)));
    }
}
