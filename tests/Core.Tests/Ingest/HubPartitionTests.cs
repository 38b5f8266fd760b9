using IoTBackend.Core.Ingest;

namespace Core.Tests.Ingest;

public sealed class HubPartitionTests
{
    [Theory]
    [InlineData("", 0, 0, 0)]
    [InlineData("a", 0, 4, 28)]
    [InlineData("device-1", 0, 4, 4)]
    [InlineData("device-0001", 2, 2, 10)]
    [InlineData("device-00012", 2, 2, 18)]
    [InlineData("Gerät-17-München", 3, 7, 7)]
    [InlineData("sensor/eu-west/0000000042", 2, 2, 18)]
    [InlineData("e5a7c1d0-7b52-4c1e-9d0f-3c8d4b6f2a11", 2, 2, 26)]
    [InlineData("0123456789abcdef0123456789abcdef0123456789", 0, 0, 24)]
    public void A_key_lands_where_the_service_puts_it(string key, int of4, int of8, int of32)
    {
        Assert.Equal((of4, of8, of32), (HubPartition.Of(key, 4), HubPartition.Of(key, 8), HubPartition.Of(key, 32)));
    }
}
