using System.Text;
using IoTBackend.Adapters.State;

namespace Adapters.Tests.State;

public sealed class StateColumnsTests
{
    /// <summary>The check value of the catalogue of CRC algorithms, and the examples of RFC 3720, appendix B.4.</summary>
    [Fact]
    public void The_checksum_is_the_published_one_whatever_the_length()
    {
        Assert.Equal(0xE3069283u, (uint)StateColumns.Crc32C(Encoding.ASCII.GetBytes("123456789")));
        Assert.Equal(0x8A9136AAu, (uint)StateColumns.Crc32C(new byte[32]));
        Assert.Equal(0x62A8AB43u, (uint)StateColumns.Crc32C(Enumerable.Repeat(byte.MaxValue, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, (uint)StateColumns.Crc32C(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray()));
        Assert.Equal(0u, (uint)StateColumns.Crc32C([]));
    }
}
