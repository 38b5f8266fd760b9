using System.IO.Compression;
using System.Text;
using CsCheck;
using IoTBackend.Core.Readings;
using ZstdSharp;

namespace Core.Tests.Ingest;

public sealed class CompressedTelemetryTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void A_compressed_body_is_read_by_processing_as_by_ingest(string encoding)
    {
        var parsed = Read(encoding, Compress(encoding, "[{\"seq\":1},{\"seq\":2}]"u8.ToArray()));
        Assert.Equal([1L, 2L], parsed.Accepted.Select(r => r.Sequence!.Value));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void A_body_that_inflates_without_end_is_refused(string encoding)
    {
        var bomb = Compress(encoding, new byte[50_000_000]);
        Assert.True(bomb.Length < TelemetryBody.MaxBytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("inflates to more than", Read(encoding, bomb).Unreadable, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 16_000_000);
    }

    [Fact]
    public void A_window_larger_than_the_web_allows_is_refused()
    {
        using var compressor = new Compressor(3);
        compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_windowLog, 27);
        compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_contentSizeFlag, 0);
        using var compressed = new MemoryStream();
        using (var stream = new CompressionStream(compressed, compressor))
            stream.Write("{}"u8);
        Assert.Contains("not valid zstd", Read("zstd", compressed.ToArray()).Unreadable, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip", "not valid gzip")]
    [InlineData("zstd", "not valid zstd")]
    [InlineData("br", "content encoding is none of")]
    public void A_body_that_is_not_what_its_encoding_says_is_refused(string encoding, string reason) =>
        Assert.Contains(reason, Read(encoding, "{}"u8.ToArray()).Unreadable, StringComparison.Ordinal);

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void No_compressed_bytes_make_the_reader_throw(string encoding)
    {
        var valid = Compress(encoding, Encoding.UTF8.GetBytes("[" + string.Join(',', Enumerable.Range(0, 100).Select(i => $$"""{"seq":{{i}}}""")) + "]"));
        Gen.Select(Gen.Int[0, valid.Length - 1], Gen.Byte, Gen.Int[0, valid.Length]).Sample(m =>
        {
            var bytes = valid.ToArray();
            bytes[m.Item1] = m.Item2;
            var parsed = Read(encoding, bytes[..m.Item3]);
            Assert.True(parsed.Unreadable is not null || parsed.Accepted.Count + parsed.Rejected.Count > 0);
        }, iter: 300);
    }

    private static byte[] Compress(string encoding, byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = encoding == "gzip" ? new GZipStream(compressed, CompressionLevel.Optimal) : new CompressionStream(compressed))
            stream.Write(bytes);
        return compressed.ToArray();
    }

    private static ParsedTelemetry Read(string encoding, byte[] body)
    {
        var parsed = new ParsedTelemetry();
        new HubEventReader().Read(new() { SequenceNumber = 1, EnqueuedAt = Now, ContentEncoding = encoding, Body = body }, parsed);
        return parsed;
    }
}
