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
        Assert.Contains("not whole and valid zstd", Read("zstd", compressed.ToArray()).Unreadable, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip", "not whole and valid gzip")]
    [InlineData("zstd", "not whole and valid zstd")]
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
            Assert.True(parsed.Unreadable is not null || parsed.Accepted.Count + parsed.RejectedCount > 0);
        }, iter: 300);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void A_body_that_is_cut_off_anywhere_or_fails_its_checksum_is_refused_whole(string encoding)
    {
        var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 2000).Select(i => $"{{\"seq\":{i}}}\n")));
        var whole = Compress(encoding, lines);
        for (var cut = 0; cut < whole.Length; cut += cut < 40 || cut > whole.Length - 40 ? 1 : 97)
            Assert.NotNull(Read(encoding, whole[..cut]).Unreadable);
        foreach (var at in encoding == "gzip" ? [whole.Length - 8, whole.Length - 5, whole.Length - 4, whole.Length - 1] : new[] { whole.Length / 2 })
        {
            var damaged = whole.ToArray();
            damaged[at] ^= 1;
            Assert.NotNull(Read(encoding, damaged).Unreadable);
        }

        Assert.NotNull(Read(encoding, [.. whole, 1, 2, 3]).Unreadable);
    }

    [Fact]
    public void A_stored_gzip_of_zeros_that_is_cut_off_does_not_pass_for_one_with_an_empty_end()
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.NoCompression))
            gzip.Write(new byte[500_000]);
        Assert.Contains("not whole", Read("gzip", compressed.ToArray()[..200_000]).Unreadable, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void Members_one_after_the_other_are_one_body(string encoding)
    {
        byte[] two = [.. Compress(encoding, "{\"seq\":1}\n"u8.ToArray()), .. Compress(encoding, "{\"seq\":2}\n"u8.ToArray())];
        Assert.Equal(2, Read(encoding, two, "application/x-ndjson").Accepted.Count);
        // An empty member at the end, as bgzip's end-of-file mark.
        Assert.Equal(2, Read(encoding, [.. two, .. Compress(encoding, [])], "application/x-ndjson").Accepted.Count);
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("UTF-8")]
    [InlineData("identity")]
    [InlineData(" identity , utf-8 ")]
    [InlineData("")]
    public void An_encoding_that_changes_nothing_is_taken(string encoding) => Assert.Single(Read(encoding, "{}"u8.ToArray()).Accepted);

    [Fact]
    public void A_body_compressed_twice_is_refused() => Assert.NotNull(Read("gzip, gzip", Compress("gzip", Compress("gzip", "{}"u8.ToArray()))).Unreadable);

    [Fact]
    public void A_frame_that_asks_for_a_window_costs_no_memory_for_it()
    {
        using var compressor = new Compressor(3);
        compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_windowLog, 23);
        compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_contentSizeFlag, 0);
        using var compressed = new MemoryStream();
        using (var stream = new CompressionStream(compressed, compressor))
            stream.Write("{}"u8);
        Read("zstd", compressed.ToArray());
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Single(Read("zstd", compressed.ToArray()).Accepted);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    private static byte[] Compress(string encoding, byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = encoding == "gzip" ? new GZipStream(compressed, CompressionLevel.Optimal) : new CompressionStream(compressed))
            stream.Write(bytes);
        return compressed.ToArray();
    }

    private static ParsedTelemetry Read(string encoding, byte[] body, string? contentType = null)
    {
        var parsed = new ParsedTelemetry();
        new HubEventReader().Read(new() { SequenceNumber = 1, EnqueuedAt = Now, ContentEncoding = encoding, ContentType = contentType, Body = body }, parsed);
        return parsed;
    }
}
