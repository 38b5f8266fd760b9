using System.Globalization;
using System.Text;
using CsCheck;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Readings;

namespace Core.Tests.Readings;

/// <summary>Who sends something that can be opened is alive, whatever is wrong with what is in it.</summary>
public sealed class SignOfLifeTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("255", null, null)]
    [InlineData("-1", null, null)]
    [InlineData("-1.0", null, null)]
    [InlineData("101", null, true)]
    [InlineData("0", 0.0, null)]
    [InlineData("100", 100.0, null)]
    public void Numbers_by_which_standards_mean_no_level_are_understood(string percent, double? level, bool? charging)
    {
        var parsed = Parse($$$"""{"battery":{"percent":{{{percent}}}}}""");
        Assert.Equal(new Reading { BatteryPercent = level, Charging = charging }, Assert.Single(parsed.Accepted));
        Assert.Empty(parsed.Ignored);
        Assert.Equal(parsed.Accepted, Parse($$"""[{"n":"battery","u":"%EL","v":{{percent}}}]""", TelemetryFormat.SenMlJson).Accepted);
    }

    /// <summary>The reader throws at such a name wherever it is compared with one of its length.</summary>
    [Theory]
    [InlineData("""{"\ud800":1,"seq":7}""")]
    [InlineData("""{"\uDC00seq":1,"seq":7}""")]
    [InlineData("""{"battery":{"\ud800\ud800":1,"percent\ud800":2},"seq":7}""")]
    [InlineData("""{"link":{"\ud800way":"a"},"image":{"\ud800ck":"a"},"seq":7}""")]
    [InlineData("""{"metrics":{"\ud800\ud800temperature":1},"seq":7}""")]
    [InlineData("""{"seq":1,"\u0073eq":7}""")]
    public void A_name_with_half_a_character_in_it_is_nobody_s_and_an_escaped_one_is_read(string body) => Assert.Equal(7, Assert.Single(Parse(body).Accepted).Sequence);

    [Theory]
    [InlineData("""{"battery":{"charging":false,"percent":101}}""")]
    [InlineData("""{"battery":{"percent":101,"charging":false}}""")]
    public void What_a_device_says_of_its_charging_beats_the_number(string body) => Assert.False(Assert.Single(Parse(body).Accepted).Charging);

    [Fact]
    public void A_radio_that_knows_no_strength_says_127()
    {
        var parsed = Parse("""{"link":{"rssi":127,"snr":3}}""");
        Assert.Equal(new Reading { Snr = 3 }, Assert.Single(parsed.Accepted));
        Assert.Empty(parsed.Ignored);
    }

    [Theory]
    [InlineData("2026-11-23T09:59:59Z", "2026-11-23T09:59:59.0000000Z")]
    [InlineData("2026-11-23t09:59:59z", "2026-11-23T09:59:59.0000000Z")]
    [InlineData("2026-11-23T09:59:59.5+00:00", "2026-11-23T09:59:59.5000000Z")]
    [InlineData("2026-11-23T04:29:59-05:30", "2026-11-23T09:59:59.0000000Z")]
    [InlineData("2026-11-24T09:59:59.123456789+23:59", "2026-11-23T10:00:59.1234567Z")]
    [InlineData("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.0000000Z")]
    [InlineData("2024-02-29T00:00:00-00:00", "2024-02-29T00:00:00.0000000Z")]
    [InlineData("2026-11-23T09\\u003a59:59Z", "2026-11-23T09:59:59.0000000Z")]
    public void A_time_of_RFC_3339_is_read_wherever_the_server_stands(string text, string time) =>
        Assert.Equal(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), Assert.Single(Parse($$"""{"ts":"{{text}}"}""").Accepted).Time);

    [Theory]
    [InlineData("2026-11-23T10:00:00")]
    [InlineData("2026-11-23T10:00:00.5")]
    [InlineData("2026-11-23 10:00:00Z")]
    [InlineData("2026-11-23T10:00Z")]
    [InlineData("20261123T100000Z")]
    [InlineData("2026-11-23T10:00:00+1:00")]
    [InlineData("2026-11-23T10:00:00+0100")]
    [InlineData("2026-11-23T10:00:00.Z")]
    [InlineData("2026-11-23T24:00:00Z")]
    [InlineData("2026-02-29T10:00:00Z")]
    [InlineData("2026-13-01T10:00:00Z")]
    [InlineData("0000-01-01T10:00:00Z")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    [InlineData("2026-11-23T10:00:00ZZ")]
    [InlineData("+026-11-23T10:00:00Z")]
    [InlineData("1795428000")]
    public void What_is_no_time_of_RFC_3339_is_named_and_the_time_of_arrival_stands(string text)
    {
        var parsed = Parse($$"""{"ts":"{{text}}","seq":1}""");
        Assert.Equal(new Reading { Sequence = 1 }, Assert.Single(parsed.Accepted));
        Assert.Equal("ts", Assert.Single(parsed.Ignored).Field);
    }

    [Fact]
    public void Every_time_that_dotnet_writes_comes_back() => Gen.Select(Gen.Long[DateTime.UnixEpoch.Ticks, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay], Gen.Int[-14 * 60, 14 * 60]).Sample((ticks, minutes) =>
    {
        var time = new DateTimeOffset(ticks, TimeSpan.Zero).ToOffset(TimeSpan.FromMinutes(minutes));
        Assert.Equal(time, Rfc3339.Parse(time.ToString("O", CultureInfo.InvariantCulture)));
        Assert.Null(Rfc3339.Parse(time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture)));
    });

    [Theory]
    [InlineData("2026-11-23T11:00:00Z", -60)]
    [InlineData("2026-11-22T10:00:00Z", null)]
    [InlineData("1970-01-01T00:10:00Z", 29_923_790)]
    public void A_clock_that_cannot_be_right_is_measured_and_the_reading_counts_as_of_its_arrival(string first, int? minutes)
    {
        var (policy, state, signals) = (new DetectionPolicy(), default(DetectionState), new List<IoTBackend.Core.Signals.Signal>());
        var clock = DateTimeOffset.Parse(first, CultureInfo.InvariantCulture);
        for (var i = 0; i < 10; i++)
        {
            var at = Now.AddMinutes(i);
            var body = $$$"""{"ts":"{{{clock.AddMinutes(i).UtcDateTime:O}}}","battery":{"percent":50}}""";
            var parsed = new ParsedTelemetry();
            new TelemetryParser().Parse(Encoding.UTF8.GetBytes(body), TelemetryFormat.Json, at, parsed);
            Detectors.Observe(policy, ref state, Assert.Single(parsed.Accepted), at, signals);
        }

        var health = state.Health(policy, Now);
        Assert.Equal((Now.AddMinutes(9), 50), (health.LastSeen, health.Battery.Percent ?? 0));
        Assert.Equal(minutes ?? 24 * 60, health.ClockSkew!.Value.TotalMinutes, 0.01);
    }

    [Fact]
    public void A_clock_that_was_ahead_and_is_set_right_makes_nothing_look_old()
    {
        var skew = default(IoTBackend.Core.Detection.Connectivity.ClockSkew);
        for (var i = 0; i < 10; i++)
            skew.Age(Now.AddMinutes(i + 60).ToUnixTimeMilliseconds(), Now.AddMinutes(i).ToUnixTimeMilliseconds());
        Assert.Equal(0, skew.Age(Now.AddMinutes(10).ToUnixTimeMilliseconds(), Now.AddMinutes(10).ToUnixTimeMilliseconds()));
    }

    [Theory]
    [InlineData("{\"seq\":1}", TelemetryFormat.Json, 1)]
    [InlineData("[{\"seq\":1},{\"seq\":2}]", TelemetryFormat.Json, 2)]
    [InlineData("{\"seq\":1}\n{\"seq\":2}\n", TelemetryFormat.NdJson, 2)]
    [InlineData("{\"seq\":1}\n\uFEFF{\"seq\":2}\n", TelemetryFormat.NdJson, 2)]
    [InlineData("[{\"n\":\"seq\",\"v\":1}]", TelemetryFormat.SenMlJson, 1)]
    [InlineData("{\"specversion\":\"1.0\",\"type\":\"t\",\"source\":\"s\",\"id\":\"i\",\"data\":{\"seq\":1}}", TelemetryFormat.CloudEvent, 1)]
    [InlineData("[{\"specversion\":\"1.0\",\"type\":\"t\",\"source\":\"s\",\"id\":\"i\",\"data\":{\"seq\":1}}]", TelemetryFormat.CloudEventBatch, 1)]
    public void A_byte_order_mark_is_skipped(string body, TelemetryFormat format, int readings)
    {
        var parsed = Parse("\uFEFF" + body, format);
        Assert.Equal(readings, parsed.Accepted.Count);
        Assert.Equal(1, parsed.Accepted[0].Sequence);
        var source = parsed.Canonical is null ? Encoding.UTF8.GetBytes("\uFEFF" + body) : parsed.Canonical.WrittenSpan.ToArray();
        Assert.All(parsed.Places, p => Assert.Equal((byte)'{', source[p][0]));
    }

    [Fact]
    public void Good_readings_cost_no_memory()
    {
        var body = Encoding.UTF8.GetBytes("[" + string.Join(',', Enumerable.Range(0, 100).Select(i => $$$"""{"ts":"2026-11-23T09:59:{{{i % 60:00}}}Z","seq":{{{i}}},"battery":{"percent":81.5,"voltage":3.92,"charging":false},"link":{"rssi":-71,"gateway":"gw-7"},"metrics":{"temperature":21.4},"next":60}""")) + "]");
        var (parser, parsed) = (new TelemetryParser(), new ParsedTelemetry());
        parser.Parse(body, TelemetryFormat.Json, Now, parsed);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++)
            parser.Parse(body, TelemetryFormat.Json, Now, parsed);
        Assert.Equal((100, 0L), (parsed.Accepted.Count, GC.GetAllocatedBytesForCurrentThread() - before));
    }

    private static ParsedTelemetry Parse(string body, TelemetryFormat format = TelemetryFormat.Json)
    {
        var parsed = new ParsedTelemetry();
        new TelemetryParser().Parse(Encoding.UTF8.GetBytes(body), format, Now, parsed);
        return parsed;
    }
}
