using System.Diagnostics;
using System.Formats.Cbor;
using System.Text;
using IoTBackend.Core.Readings;

namespace Core.Tests.Readings;

/// <summary>What a small body may cost, and that it is paid for.</summary>
public sealed class CostTests
{
    private const int Most = TelemetryBody.MaxInflatedBytes;
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    /// <summary>Bodies of the largest size that are made of what costs most: name, format, bytes.</summary>
    private static readonly Dictionary<string, (TelemetryFormat Format, byte[] Body)> Costly = new()
    {
        ["SenML records with a long base name, one bad"] = (TelemetryFormat.SenMlCbor, Records(250_000)),
        ["SenML records in JSON"] = (TelemetryFormat.SenMlJson, Repeat("""[{"bn":"x:"}""", ",{\"v\":1}", "]")),
        ["SenML times that collide"] = (TelemetryFormat.SenMlCbor, CollidingTimes()),
        ["SenML records that are refused"] = (TelemetryFormat.SenMlJson, Repeat("[{}", ",{\"n\":\"\u00e9\",\"v\":1}", "]")),
        ["SenML texts of quotes"] = (TelemetryFormat.SenMlCbor, [0x81, 0xa2, 0, 0x61, (byte)'a', 3, 0x7a, 0, 0x0b, 0xff, 0x00, .. Enumerable.Repeat((byte)1, 0x0bff00)]),
        ["CBOR arrays in arrays"] = (TelemetryFormat.SenMlCbor, [.. Enumerable.Repeat((byte)0x81, Most)]),
        ["CBOR arrays in a record"] = (TelemetryFormat.SenMlCbor, [0x81, 0xa1, 0x18, 0x63, .. Enumerable.Repeat((byte)0x81, Most - 4)]),
        ["CBOR arrays without end"] = (TelemetryFormat.SenMlCbor, [.. Enumerable.Repeat((byte)0x9f, Most)]),
        ["CBOR maps without end"] = (TelemetryFormat.SenMlCbor, [0x81, .. Enumerable.Repeat((byte)0xbf, Most - 1)]),
        ["CBOR tags"] = (TelemetryFormat.SenMlCbor, [.. Enumerable.Repeat((byte)0xc1, Most)]),
        ["CBOR strings in pieces"] = (TelemetryFormat.SenMlCbor, [0x81, 0xa1, 0, 0x7f, .. Enumerable.Repeat((byte)0x60, Most - 5), 0xff]),
        ["a CBOR decimal of half a megabyte"] = (TelemetryFormat.SenMlCbor, [0x81, 0xa2, 0, 0x61, (byte)'a', 2, 0xc4, 0x82, 0x00, 0xc2, 0x5a, 0, 8, 0, 0, .. Enumerable.Repeat((byte)0xff, 8 << 16)]),
        ["a CBOR decimal of a huge exponent"] = (TelemetryFormat.SenMlCbor, [0x81, 0xa2, 0, 0x61, (byte)'a', 2, 0xc4, 0x82, 0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
        ["JSON arrays in arrays"] = (TelemetryFormat.Json, [.. Enumerable.Repeat((byte)'[', Most)]),
        ["JSON objects in objects"] = (TelemetryFormat.Json, Repeat("", "{\"x\":", "")),
        ["empty readings"] = (TelemetryFormat.Json, Repeat("[{}", ",{}", "]")),
        ["refused readings"] = (TelemetryFormat.Json, Repeat("[7", ",7", "]")),
        ["bad fields"] = (TelemetryFormat.Json, Repeat("{\"seq\":7", ",\"seq\":-1", "}")),
        ["bad metrics with long names"] = (TelemetryFormat.Json, Repeat("{\"metrics\":{\"a\":1", ",\"" + new string('m', 200) + "\":[]", "}}")),
        ["a digit a byte"] = (TelemetryFormat.Json, Repeat("{\"seq\":1", "9", "}")),
        ["a fraction a byte"] = (TelemetryFormat.Json, Repeat("{\"battery\":{\"percent\":1.", "9", "}}")),
        ["a long name"] = (TelemetryFormat.Json, Repeat("{\"link\":{\"gateway\":\"", "\\u00e9", "\"}}")),
        ["a long time"] = (TelemetryFormat.Json, Repeat("{\"ts\":\"2026-11-23T10:00:00.", "0", "Z\"}")),
        ["empty lines"] = (TelemetryFormat.NdJson, Repeat("{}\n", "\n", "")),
        ["lines of a blank"] = (TelemetryFormat.NdJson, Repeat("{}\n", " \r\n", "")),
        ["broken lines"] = (TelemetryFormat.NdJson, Repeat("{}\n", "{\n", "")),
        ["lines with a mark"] = (TelemetryFormat.NdJson, Repeat("{}\n", "\uFEFF\n", "")),
        ["events of broken data"] = (TelemetryFormat.CloudEventBatch, Repeat("[{}", """,{"specversion":"1.0","type":"t","source":"s","id":"i","data_base64":"ew=="}""", "]")),
        ["events of nothing"] = (TelemetryFormat.CloudEventBatch, Repeat("[{}", ",{}", "]")),
        ["events of packs"] = (TelemetryFormat.CloudEventBatch, Repeat("[{}", """,{"specversion":"1.0","type":"t","source":"s","id":"i","datacontenttype":"application/senml+json","data":[{"n":"a","v":1}]}""", "]")),
        ["an event's long attributes"] = (TelemetryFormat.CloudEvent, Repeat("{\"specversion\":\"", "9", "\"}")),
    };

    public static TheoryData<string> Names => [.. Costly.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_body_costs_much_and_each_is_charged_for_its_size(string name)
    {
        var (format, body) = Costly[name];
        var (parser, parsed) = (new TelemetryParser(), new ParsedTelemetry());
        parser.Parse("{}"u8.ToArray(), TelemetryFormat.Json, Now, parsed);
        var (before, clock) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.StartNew());
        parser.Parse(body, format, Now, parsed);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 40_000_000);
        Assert.InRange(parsed.Units, Math.Max(1, body.Length / 1024), 10 * TelemetryParser.MaxReadings);
        Assert.InRange(parsed.Rejected.Count + parsed.Ignored.Count, 0, 2 * ParsedTelemetry.MaxListed);
        Assert.All(parsed.Ignored.Select(i => i.Field + i.Reason).Concat(parsed.Rejected.Select(r => r.Reason)), t => Assert.InRange(t.Length, 1, 600));
        Assert.True(parsed.Canonical is null || parsed.Canonical.WrittenCount <= 2 * Most);
    }

    [Fact]
    public void A_pack_whose_readings_would_grow_is_refused_before_they_are_written()
    {
        // 20,000 records that are a base name of 256 characters each.
        var parsed = new ParsedTelemetry();
        new TelemetryParser().Parse(Records(20_000), TelemetryFormat.SenMlCbor, Now, parsed);
        Assert.Contains("in canonical JSON", parsed.Unreadable, StringComparison.Ordinal);
        Assert.Null(parsed.Canonical);
        new TelemetryParser().Parse(Records(20_001), TelemetryFormat.SenMlCbor, Now, parsed);
        Assert.NotNull(parsed.Unreadable);
        Assert.True(parsed.Units >= 500);
    }

    [Fact]
    public void Of_many_refused_readings_some_are_named_and_all_are_counted()
    {
        var parsed = new ParsedTelemetry();
        new TelemetryParser().Parse(Encoding.UTF8.GetBytes("[{}" + string.Concat(Enumerable.Repeat(",7", 4000)) + "]"), TelemetryFormat.Json, Now, parsed);
        Assert.Equal((1, 4000, ParsedTelemetry.MaxListed), (parsed.Accepted.Count, parsed.RejectedCount, parsed.Rejected.Count));
        Assert.InRange(parsed.Refusal!.Length, 1, 8192);
        Assert.EndsWith("and 3980 more", parsed.Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(16, false)]
    [InlineData(17, true)]
    public void Nesting_in_CBOR_is_counted_through_arrays_maps_and_tags(int levels, bool isTooDeep)
    {
        byte[] Nest(byte head) => [.. Enumerable.Repeat(head, levels), 0];
        Assert.Equal(isTooDeep, IoTBackend.Core.Readings.SenMl.CborDepth.Exceeds(Nest(0x81), 16));
        Assert.Equal(isTooDeep, IoTBackend.Core.Readings.SenMl.CborDepth.Exceeds(Nest(0x9f), 16));
        Assert.Equal(isTooDeep, IoTBackend.Core.Readings.SenMl.CborDepth.Exceeds(Nest(0xc1), 16));
        Assert.Equal(isTooDeep, IoTBackend.Core.Readings.SenMl.CborDepth.Exceeds([.. Enumerable.Repeat((byte)0xa1, levels - 1).SelectMany(b => new byte[] { b, 0 }), 0xa1, 0, 0], 16));
        Assert.False(IoTBackend.Core.Readings.SenMl.CborDepth.Exceeds([0x98, 200, .. Enumerable.Repeat((byte)0x80, 200)], 16));
        Assert.False(IoTBackend.Core.Readings.SenMl.CborDepth.Exceeds([0x9f, .. Enumerable.Repeat(new byte[] { 0x9f, 0xff }, 200).SelectMany(b => b), 0xff], 16));
    }

    private static byte[] Repeat(string start, string part, string end)
    {
        var count = (Most - Encoding.UTF8.GetByteCount(start + end)) / Encoding.UTF8.GetByteCount(part);
        return Encoding.UTF8.GetBytes(start + string.Concat(Enumerable.Repeat(part, count)) + end);
    }

    private static byte[] Records(int count)
    {
        var cbor = new CborWriter(CborConformanceMode.Lax);
        cbor.WriteStartArray(count);
        cbor.WriteStartMap(2);
        cbor.WriteInt32(-2);
        cbor.WriteTextString(new string('a', 256));
        cbor.WriteInt32(2);
        cbor.WriteInt32(1);
        cbor.WriteEndMap();
        for (var i = 1; i < count; i++)
        {
            cbor.WriteStartMap(1);
            cbor.WriteInt32(2);
            cbor.WriteInt32(i == 7 ? -1 : 1);
            cbor.WriteEndMap();
        }

        cbor.WriteEndArray();
        return cbor.Encode();
    }

    /// <summary>Doubles whose bits' halves, one added to the other, are the same: what a table of hashes sorts them by.</summary>
    private static byte[] CollidingTimes()
    {
        var cbor = new CborWriter(CborConformanceMode.Lax);
        cbor.WriteStartArray(null);
        for (var i = 1; i <= TelemetryParser.MaxReadings; i++)
        {
            var high = 0x41A00000 + i;
            cbor.WriteStartMap(3);
            cbor.WriteInt32(0);
            cbor.WriteTextString("a");
            cbor.WriteInt32(2);
            cbor.WriteInt32(1);
            cbor.WriteInt32(6);
            cbor.WriteDouble(BitConverter.Int64BitsToDouble(((long)high << 32) | (uint)(high ^ 0x12345678)));
            cbor.WriteEndMap();
        }

        cbor.WriteEndArray();
        return cbor.Encode();
    }
}
