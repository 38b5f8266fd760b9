using System.Formats.Cbor;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using IoTBackend.Core.Readings;

namespace Core.Tests.Readings;

public sealed class SenMlTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    // RFC 8428 section 5.1.1 to 5.1.8, in order.
    [InlineData("""[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]""", 1)]
    [InlineData("""[{"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},{"n":"current","u":"A","v":1.2}]""", 1)]
    [InlineData("""
        [{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},
         {"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"current","t":-3,"v":1.4},
         {"n":"current","t":-2,"v":1.5},{"n":"current","t":-1,"v":1.6},{"n":"current","v":1.7}]
        """, 6)]
    [InlineData("""
        [{"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":20},{"u":"lon","v":24.30621},{"u":"lat","v":60.07965},
         {"t":60,"v":20.3},{"u":"lon","t":60,"v":24.30622},{"u":"lat","t":60,"v":60.07965},{"t":120,"v":20.7},
         {"u":"lon","t":120,"v":24.30623},{"u":"lat","t":120,"v":60.07966},{"u":"%EL","t":150,"v":98},{"t":180,"v":21.2},
         {"u":"lon","t":180,"v":24.30628},{"u":"lat","t":180,"v":60.07967}]
        """, 5)]
    [InlineData("""[{"bn":"2001:db8::2/","bt":1.320078429e+09,"n":"temperature","u":"Cel","v":27.2},{"n":"humidity","u":"%RH","v":80}]""", 1)]
    [InlineData("""
        [{"bn":"urn:dev:mac:0024befffe804ff1/","n":"voltage","t":0,"u":"V","v":120.1},{"n":"note","vs":"Machine Room"},{"n":"open","vb":false},
         {"n":"nfc-reader","vd":"aGkgCg"}]
        """, 1)]
    public void The_packs_of_the_standard_are_readings_by_time(string pack, int readings)
    {
        var parsed = Parse(pack);
        Assert.Empty(parsed.Rejected);
        Assert.Equal((null, readings), (parsed.Unreadable, parsed.Accepted.Count));
    }

    [Fact]
    public void The_standards_resolved_times_come_out()
    {
        var parsed = Parse("""[{"bn":"x:","bt":1.320067464e+09,"bu":"%RH","v":20},{"u":"%EL","t":150,"v":98}]""");
        Assert.Equal([DateTimeOffset.FromUnixTimeSeconds(1320067464), DateTimeOffset.FromUnixTimeSeconds(1320067614)], parsed.Accepted.Select(r => r.Time!.Value));
        Assert.Equal(98, parsed.Accepted[1].BatteryPercent);
    }

    [Fact]
    public void The_standards_CBOR_example_is_read()
    {
        // RFC 8428 section 6, figure 1.
        var parsed = ParseCbor("87a721781b75726e3a6465763a6f773a3130653230373361303130383030363a22fb41d303a15b00106223614120050067766f6c7461676501615602fb405e066666666666a3006763757272656e74062402fb3ff3333333333333a3006763757272656e74062302fb3ff4cccccccccccda3006763757272656e74062202fb3ff6666666666666a3006763757272656e74062102f93e00a3006763757272656e74062002fb3ff999999999999aa3006763757272656e74060002fb3ffb333333333333");
        Assert.Equal((null, 6), (parsed.Unreadable, parsed.Accepted.Count));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1276020076001), parsed.Accepted[0].Time);
    }

    [Fact]
    public void What_a_record_means_is_told_by_its_name_and_unit()
    {
        var reading = Assert.Single(Parse("""
            [{"bn":"dev/","n":"seq","v":41},{"n":"battery/level","u":"%","v":81.5},{"n":"battery/voltage","u":"mV","v":3920},{"n":"charging","vb":true},
             {"n":"rssi","u":"dBW","v":-101},{"n":"snr","u":"dB","v":9.5},{"n":"gateway","vs":"gw-7"},{"n":"image/track","vs":"sensor"},
             {"n":"outside/temp","u":"Cel","v":-4.5,"ut":600},{"n":"mains/voltage","u":"V","v":230}]
            """).Accepted);
        Assert.Equal(new Reading
        {
            Sequence = 41,
            BatteryPercent = 81.5,
            BatteryVoltage = 3.92,
            Charging = true,
            Rssi = -71,
            Snr = 9.5,
            Gateway = "gw-7",
            Track = "sensor",
            TemperatureCelsius = -4.5,
            Next = TimeSpan.FromSeconds(600),
        }, reading);
    }

    [Theory]
    [InlineData(-60, -60)]
    [InlineData(1795427940, -60)]
    public void Times_below_2_to_the_28_are_relative_to_arrival(double time, int secondsFromNow) =>
        Assert.Equal(Now.AddSeconds(secondsFromNow), Parse($$"""[{"n":"a","t":{{time}},"v":1}]""").Accepted[0].Time);

    [Theory]
    [InlineData("""[{"n":"a","v":1,"must_":2}]""", "must_ must be understood")]
    [InlineData("""[{"bver":11,"n":"a","v":1}]""", "Version 11")]
    [InlineData("""{"n":"a","v":1}""", "is an array")]
    [InlineData("""[1]""", "is an object")]
    [InlineData("""[{"bn":"x"}]""", "no reading")]
    [InlineData("""[{"n":"a","v":1}] x""", "not valid JSON")]
    public void A_pack_that_must_not_be_processed_is_refused_whole(string pack, string reason) =>
        Assert.Contains(reason, Parse(pack).Unreadable, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"n":"a"}""", "a", "has no value")]
    [InlineData("""{"n":"a","v":1,"vs":"x"}""", "a", "more than one value")]
    [InlineData("""{"v":1}""", "record", "must have a name")]
    [InlineData("""{"n":"_a","v":1}""", "_a", "characters")]
    [InlineData("""{"n":"a b","v":1}""", "a b", "characters")]
    [InlineData("""{"n":"a","v":"1"}""", "a", "v must be a finite number")]
    [InlineData("""{"n":"a","v":1e999}""", "a", "v must be a finite number")]
    [InlineData("""{"n":"a","bv":1e308,"v":1e308}""", "a", "out of range")]
    [InlineData("""{"n":"a","v":1,"ut":-1}""", "next", "ut must be")]
    [InlineData("""{"n":"battery","u":"%EL","v":-2}""", "battery.percent", "must lie between")]
    [InlineData("""{"n":"a","t":1e300,"v":1}""", "ts", "cannot be")]
    [InlineData("""{"n":"a","t":3600,"v":1}""", "ts", "ahead of the time of arrival")]
    [InlineData("""{"n":"seq","v":1.5}""", "seq", "must be a whole number")]
    public void A_bad_record_costs_the_record_and_its_reading_is_a_sign_of_life(string record, string field, string reason)
    {
        var parsed = Parse($$"""[{"n":"good","t":-9,"v":1},{{record}}]""");
        var ignored = Assert.Single(parsed.Ignored);
        Assert.Equal((1, field), (ignored.Index, ignored.Field));
        Assert.Contains(reason, ignored.Reason, StringComparison.Ordinal);
        Assert.Equal([Now.AddSeconds(-9), null], parsed.Accepted.Select(r => r.Time));
    }

    [Fact]
    public void A_value_of_the_wrong_type_costs_its_record_in_CBOR_too()
    {
        // [{0: "a", 2: "x"}, {0: "battery", 1: "%EL", 2: 4([-1, 815])}, {0: "b", 4: 1}, {0: 7, 2: 1}]
        var parsed = ParseCbor("84a20061610261 78a3006762617474657279016325454c02c482202119032f".Replace(" ", "", StringComparison.Ordinal).Replace("202119032f", "2019032f", StringComparison.Ordinal) + "a20061620401" + "a200070201");
        Assert.Equal((null, 3), (parsed.Unreadable, parsed.IgnoredCount));
        Assert.Equal(81.5, Assert.Single(parsed.Accepted).BatteryPercent);
    }

    [Fact]
    public void A_pack_that_says_it_is_CBOR_is_read() => Assert.Single(ParseCbor("d9d9f7" + "81a20061610201").Accepted);

    [Fact]
    public void A_long_base_name_does_not_multiply()
    {
        var pack = $$"""[{"bn":"{{new string('a', 300_000)}}","n":"a","v":1},{{string.Join(',', Enumerable.Repeat("""{"n":"b","v":1}""", 20_000))}}]""";
        var before = GC.GetAllocatedBytesForCurrentThread();
        Parse(pack);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 30_000_000);
    }

    [Fact]
    public void A_reading_written_as_SenML_comes_back_the_same()
    {
        Gen.Select(Gen.Int[0, 100], Gen.Double[0, 100], Gen.Double[-200, 20], Gen.Int[-100_000, 0], Gen.Int[1, 100_000]).Array[1, 20].Sample(readings =>
        {
            var times = readings.Select(r => r.Item4).Distinct().Count();
            string pack = "[" + string.Join(',', readings.Select(r => string.Create(CultureInfo.InvariantCulture,
                $$"""{"n":"b","u":"%EL","v":{{r.Item1}},"t":{{r.Item4}},"ut":{{r.Item5}}},{"n":"vbat","u":"V","v":{{r.Item2:R}},"t":{{r.Item4}}},{"n":"rssi","u":"dBm","v":{{r.Item3:R}},"t":{{r.Item4}}}"""))) + "]";
            var parsed = Parse(pack);
            Assert.Equal(times, parsed.Accepted.Count);
            var last = readings[^1];
            var reading = parsed.Accepted.First(r => (r.Time ?? Now) == Now.AddSeconds(last.Item4));
            Assert.Equal((last.Item1, last.Item2, last.Item3), (reading.BatteryPercent, reading.BatteryVoltage, reading.Rssi));
            Assert.Equal(parsed.Accepted, ParseCbor(ToCbor(pack)).Accepted);
        });
    }

    [Fact]
    public void No_bytes_make_the_CBOR_reader_throw()
    {
        var valid = Convert.FromHexString(ToCbor("""[{"bn":"dev:","bt":1795427940,"n":"battery","u":"%EL","v":81.5},{"n":"seq","v":4,"ut":60},{"n":"x","vs":"y"}]"""));
        Gen.Select(Gen.Int[0, valid.Length - 1], Gen.Byte, Gen.Int[0, valid.Length]).Sample(m =>
        {
            var bytes = valid.ToArray();
            bytes[m.Item1] = m.Item2;
            var parsed = new ParsedTelemetry();
            new TelemetryParser().Parse(bytes.AsMemory(0, m.Item3), TelemetryFormat.SenMlCbor, Now, parsed);
            Assert.True(parsed.Unreadable is not null || parsed.Accepted.Count + parsed.RejectedCount > 0);
        });
    }

    private static ParsedTelemetry Parse(string body)
    {
        var parsed = new ParsedTelemetry();
        new TelemetryParser().Parse(Encoding.UTF8.GetBytes(body), TelemetryFormat.SenMlJson, Now, parsed);
        return parsed;
    }

    private static ParsedTelemetry ParseCbor(string hex)
    {
        var parsed = new ParsedTelemetry();
        new TelemetryParser().Parse(Convert.FromHexString(hex), TelemetryFormat.SenMlCbor, Now, parsed);
        return parsed;
    }

    private static string ToCbor(string pack)
    {
        Dictionary<string, int> labels = new() { ["bver"] = -1, ["bn"] = -2, ["bt"] = -3, ["n"] = 0, ["u"] = 1, ["v"] = 2, ["vs"] = 3, ["t"] = 6, ["ut"] = 7 };
        var cbor = new CborWriter(CborConformanceMode.Lax);
        cbor.WriteStartArray(null);
        foreach (var record in JsonDocument.Parse(pack).RootElement.EnumerateArray())
        {
            cbor.WriteStartMap(null);
            foreach (var field in record.EnumerateObject())
            {
                cbor.WriteInt32(labels[field.Name]);
                if (field.Value.ValueKind == JsonValueKind.String)
                    cbor.WriteTextString(field.Value.GetString()!);
                else if (field.Value.TryGetInt64(out var whole))
                    cbor.WriteInt64(whole);
                else
                    cbor.WriteDouble(field.Value.GetDouble());
            }

            cbor.WriteEndMap();
        }

        cbor.WriteEndArray();
        return Convert.ToHexString(cbor.Encode());
    }
}
