using System.Text;
using CsCheck;
using IoTBackend.Core.Readings;

namespace Core.Tests.Readings;

public sealed class TelemetryParserTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Every_field_of_a_reading_is_read()
    {
        var reading = Assert.Single(Parse("""
            { "ts": "2026-11-23T11:59:00+02:00", "seq": 41, "battery": { "percent": 81.5, "voltage": 3.92, "charging": false },
              "link": { "rssi": -71, "snr": 9.5, "gateway": "gw-7" }, "next": 600, "unknown": [1, {"a": 2}],
              "image": { "track": "sensor", "digest": "sha256:136042fae6cadcd8d1cf28a98c06cfefc6ea97c39b06175690c72b18091e3b46" },
              "metrics": { "temperature": 21.4, "door": true, "note": "x" } }
            """).Accepted);
        Assert.Equal(new Reading
        {
            Time = new(2026, 11, 23, 9, 59, 0, TimeSpan.Zero),
            Sequence = 41,
            BatteryPercent = 81.5,
            BatteryVoltage = 3.92,
            Charging = false,
            Rssi = -71,
            Snr = 9.5,
            Gateway = "gw-7",
            Next = TimeSpan.FromSeconds(600),
            Track = "sensor",
            Digest = "sha256:136042fae6cadcd8d1cf28a98c06cfefc6ea97c39b06175690c72b18091e3b46",
            TemperatureCelsius = 21.4,
        }, reading);
    }

    [Theory]
    [InlineData("{}", 1)]
    [InlineData("""{"seq":null,"battery":null,"link":{"rssi":null}}""", 1)]
    [InlineData("""[{"seq":1},{"seq":2}]""", 2)]
    public void Nothing_in_a_reading_is_compulsory(string body, int accepted) => Assert.Equal(accepted, Parse(body).Accepted.Count);

    [Theory]
    [InlineData("""{"ts":"yesterday"}""", "ts", "must be a time as in RFC 3339")]
    [InlineData("""{"ts":7}""", "ts", "must be a time as in RFC 3339")]
    [InlineData("""{"ts":"2026-11-23T10:00:00"}""", "ts", "with its zone")]
    [InlineData("""{"ts":"2026-11-23"}""", "ts", "with its zone")]
    [InlineData("""{"ts":"2026-11-23T10:06:00Z"}""", "ts", "ahead of the time of arrival")]
    [InlineData("""{"ts":"2999-01-01T00:00:00Z"}""", "ts", "ahead of the time of arrival")]
    [InlineData("""{"ts":"1970-01-01T00:00:00Z"}""", "ts", "before the year 2000")]
    [InlineData("""{"seq":-1}""", "seq", "must be a whole number")]
    [InlineData("""{"seq":1.5}""", "seq", "must be a whole number")]
    [InlineData("""{"seq":9223372036854775808}""", "seq", "must be a whole number")]
    [InlineData("""{"seq":"x"}""", "seq", "must be a whole number")]
    [InlineData("""{"battery":{"percent":100.5}}""", "battery.percent", "must lie between 0 and 100")]
    [InlineData("""{"battery":{"percent":1e308}}""", "battery.percent", "must lie between 0 and 100")]
    [InlineData("""{"battery":{"percent":"81"}}""", "battery.percent", "must be a number")]
    [InlineData("""{"battery":{"voltage":1e999}}""", "battery.voltage", "must lie between 0 and 100")]
    [InlineData("""{"battery":{"charging":"yes"}}""", "battery.charging", "must be true or false")]
    [InlineData("""{"battery":7}""", "battery", "must be an object")]
    [InlineData("""{"battery":[[{"percent":7}]]}""", "battery", "must be an object")]
    [InlineData("""{"link":{"rssi":21}}""", "link.rssi", "must lie between -200 and 20")]
    [InlineData("""{"link":{"snr":[9]}}""", "link.snr", "must be a number")]
    [InlineData("""{"link":{"gateway":""}}""", "link.gateway", "must have 1 to 128")]
    [InlineData("""{"link":{"gateway":"\ud800"}}""", "link.gateway", "is not valid Unicode")]
    [InlineData("""{"image":{"digest":"sha256:ABC"}}""", "image.digest", "must be sha256:")]
    [InlineData("""{"image":{"track":{}}}""", "image.track", "must be a string")]
    [InlineData("""{"next":-5}""", "next", "must lie between")]
    [InlineData("""{"metrics":{"temperature":1e999}}""", "metrics.temperature", "not a finite number")]
    [InlineData("""{"metrics":{"x":[1]}}""", "metrics.x", "must be a number, a string")]
    public void A_bad_field_costs_the_field_and_is_named(string body, string field, string reason)
    {
        var parsed = Parse(body);
        Assert.Equal(new Reading(), Assert.Single(parsed.Accepted) with { SkewedTime = null });
        var ignored = Assert.Single(parsed.Ignored);
        Assert.Equal((0, field), (ignored.Index, ignored.Field));
        Assert.Contains(reason, ignored.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_right_beside_a_bad_field_is_taken() =>
        Assert.Equal(new Reading { BatteryVoltage = 3.9, Sequence = 4 }, Assert.Single(Parse("""{"ts":"x","battery":{"percent":-7,"voltage":3.9},"seq":4,"link":5}""").Accepted));

    [Theory]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("[[]]")]
    public void What_is_no_object_is_no_reading(string body)
    {
        var parsed = Parse(body);
        Assert.Empty(parsed.Accepted);
        Assert.Contains("A reading is a JSON object", Assert.Single(parsed.Rejected).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"seq":1} trailing""")]
    [InlineData("""[{"seq":1},]""")]
    [InlineData("\u0000")]
    public void A_body_that_is_not_telemetry_is_refused_whole(string body)
    {
        var parsed = Parse(body);
        Assert.NotNull(parsed.Unreadable);
        Assert.Empty(parsed.Accepted);
    }

    [Fact]
    public void A_bad_reading_leaves_its_neighbours_alone()
    {
        var parsed = Parse("""[{"seq":1},["x"],{"seq":3}]""");
        Assert.Equal([1L, 3L], parsed.Accepted.Select(r => r.Sequence!.Value));
        Assert.Equal(1, Assert.Single(parsed.Rejected).Index);
    }

    [Fact]
    public void A_broken_line_leaves_the_other_lines_alone()
    {
        var parsed = Parse("{\"seq\":0} x\n{\"seq\":1}\r\n\n {\"seq\":2} x\n{\"seq\":\n{\"seq\":4}", TelemetryFormat.NdJson);
        Assert.Equal([1L, 4L], parsed.Accepted.Select(r => r.Sequence!.Value));
        Assert.Equal([0, 2, 3], parsed.Rejected.Select(r => r.Index));
    }

    [Fact]
    public void The_place_of_each_reading_in_the_body_is_known()
    {
        const string body = """[ {"seq":1} , "x", {"seq":3, "x": {}} ]""";
        Assert.Equal(["{\"seq\":1}", "{\"seq\":3, \"x\": {}}"], Parse(body).Places.Select(p => body[p]));
    }

    [Fact]
    public void More_readings_than_a_body_may_hold_are_refused_whole() =>
        Assert.Contains("more than 5000", Parse("[" + string.Join(',', Enumerable.Repeat("{}", 5001)) + "]").Unreadable, StringComparison.Ordinal);

    [Fact]
    public void No_bytes_make_the_parser_throw()
    {
        const string valid = """[{"ts":"2026-11-23T09:59:00Z","seq":41,"battery":{"percent":81.5,"charging":true},"link":{"gateway":"g"},"metrics":{"t":1}}]""";
        var mutated = Gen.Select(Gen.Int[0, valid.Length - 1], Gen.Byte, Gen.Int[0, valid.Length])
            .Select((at, value, length) =>
            {
                var bytes = Encoding.UTF8.GetBytes(valid);
                bytes[at] = value;
                return bytes[..length];
            });
        Gen.OneOf(mutated, Gen.Byte.Array[0, 60]).Sample(body =>
        {
            foreach (var format in Enum.GetValues<TelemetryFormat>())
            {
                var parsed = new ParsedTelemetry();
                new TelemetryParser().Parse(body, format, Now, parsed);
                Assert.True(parsed.Unreadable is not null || parsed.Accepted.Count + parsed.RejectedCount > 0);
                Assert.True(parsed.Places.Count == 0 || parsed.Places.Count == parsed.Accepted.Count);
            }
        });
    }

    private static ParsedTelemetry Parse(string body, TelemetryFormat format = TelemetryFormat.Json)
    {
        var parsed = new ParsedTelemetry();
        new TelemetryParser().Parse(Encoding.UTF8.GetBytes(body), format, Now, parsed);
        return parsed;
    }
}
