using System.Text;
using System.Text.Json;
using CsCheck;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Readings.CloudEvents;

namespace Core.Tests.Readings;

public sealed class CloudEventTests
{
    private const string Context = "\"specversion\":\"1.0\",\"type\":\"com.example.reading\",\"source\":\"/devices/a\",\"id\":\"1\"";
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    // The examples of the specification's JSON format, section 3.2 and 2.4, with a reading for their data.
    [InlineData("""
        {"specversion":"1.0","type":"com.example.someevent","source":"/mycontext","subject":null,"id":"C234-1234-1234","time":"2018-04-05T17:31:00Z",
         "comexampleextension1":"value","comexampleothervalue":5,"datacontenttype":"application/json","data":{"seq":7,"battery":{"percent":50}}}
        """)]
    [InlineData("""
        {"data_base64":"eyJzZXEiOjcsImJhdHRlcnkiOnsicGVyY2VudCI6NTB9fQ==","datacontenttype":"application/json; charset=utf-8","time":"2018-04-05T19:31:00+02:00",
         "specversion":"1.0","type":"com.example.someevent","source":"/mycontext","id":"B234-1234-1234"}
        """)]
    [InlineData("""
        {"specversion":"1.0","type":"t","source":"s","id":"i","time":"2018-04-05T17:31:00Z","datacontenttype":"application/senml+json",
         "data":[{"n":"seq","v":7},{"n":"battery","u":"%EL","v":50}]}
        """)]
    [InlineData("""
        {"specversion":"1.0","type":"t","source":"s","id":"i","time":"2018-04-05T17:31:00Z","datacontenttype":"application/x-ndjson",
         "data":"{\"seq\":7,\"battery\":{\"percent\":50}}\n"}
        """)]
    public void The_data_of_an_event_is_read_and_dated_by_the_event(string body)
    {
        var reading = Assert.Single(Parse(body).Accepted);
        Assert.Equal((7L, 50.0, new DateTimeOffset(2018, 4, 5, 17, 31, 0, TimeSpan.Zero)), (reading.Sequence, reading.BatteryPercent, reading.Time));
    }

    [Fact]
    public void A_readings_own_time_beats_the_events()
    {
        var parsed = Parse(Event(""" "time":"2026-11-23T09:00:00Z","data":[{"ts":"2026-11-23T08:00:00Z"},{}] """));
        Assert.Equal([Now.AddHours(-2), Now.AddHours(-1)], parsed.Accepted.Select(r => r.Time!.Value));
    }

    [Theory]
    [InlineData("""{"type":"t","source":"s","id":"i","data":{}}""", "specversion must be 1.0")]
    [InlineData("""{"specversion":"0.3","type":"t","source":"s","id":"i","data":{}}""", "specversion must be 1.0")]
    [InlineData("""{"specversion":"1.0","type":"t","source":"s","data":{}}""", "id must have")]
    [InlineData("""{"specversion":"1.0","type":"t","source":"s","id":7,"data":{}}""", "id must be a string")]
    [InlineData("""{"specversion":"1.0","type":"t","source":"s","id":"\ud800","data":{}}""", "not valid Unicode")]
    [InlineData("""{"specversion":"1.0","type":"t","source":"s","id":"i"}""", "no data")]
    [InlineData("""{"specversion":"1.0","type":"t","source":"s","id":"i","data":{},"data_base64":"e30="}""", "not both")]
    [InlineData("""{"specversion":"1.0","type":"t","source":"s","id":"i","data_base64":"!"}""", "Base64")]
    [InlineData("""{"specversion":"1.0","type":"t","source":"s","id":"i","datacontenttype":"image/png","data":{}}""", "not one of telemetry")]
    [InlineData("""{"specversion":"1.0","type":"t","source":"s","id":"i","datacontenttype":"application/cloudevents+json","data":{}}""", "not one of telemetry")]
    [InlineData("""{"specversion":"1.0","type":"t","source":"s","id":"i","datacontenttype":"application/x-ndjson","data":"\ud800"}""", "holds no reading")]
    [InlineData("""{"\ud800":1,"specversion":"1.0","type":"t","source":"s","id":"i"}""", "no data")]
    [InlineData("""{"specversion":"1.0","type":"t","source":"s","id":"i","data_base64":"\ud800"}""", "Base64")]
    [InlineData("[]", "is a JSON object")]
    public void What_is_wrong_with_an_event_is_named(string body, string reason)
    {
        var parsed = Parse(body);
        Assert.Empty(parsed.Accepted);
        Assert.Contains(reason, parsed.Unreadable, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"noon\"", "must be a time")]
    [InlineData("7", "must be a time")]
    [InlineData("\"\\ud800\"", "must be a time")]
    [InlineData("\"2026-11-23T09:00:00\"", "with its zone")]
    [InlineData("\"2026-11-23T11:00:00Z\"", "ahead of the time of arrival")]
    public void A_time_that_cannot_be_used_costs_the_time(string time, string reason)
    {
        var parsed = Parse(Event($"\"time\":{time},\"data\":{{\"seq\":7}}"));
        Assert.Equal(new Reading { Sequence = 7 }, Assert.Single(parsed.Accepted));
        Assert.Equal("time", Assert.Single(parsed.Ignored).Field);
        Assert.Contains(reason, parsed.Ignored[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_in_lower_case_is_one() =>
        Assert.Equal(Now.AddHours(-1), Assert.Single(Parse(Event("\"time\":\"2026-11-23t09:00:00z\",\"data\":{}")).Accepted).Time);

    [Fact]
    public void A_bad_event_of_a_batch_leaves_its_neighbours_alone()
    {
        var parsed = Parse(
            $$"""[{{Event("\"data\":{\"seq\":1}")}},{"specversion":"1.0"},{{Event("\"data_base64\":\"eyJzZXEi\"")}},{{Event("\"data\":{\"seq\":4}")}}]""", TelemetryFormat.CloudEventBatch);
        Assert.Equal([1L, 4L], parsed.Accepted.Select(r => r.Sequence!.Value));
        Assert.Equal([1, 2], parsed.Rejected.Select(r => r.Index));
    }

    [Fact]
    public void An_accepted_reading_stands_in_canonical_form_with_the_time_it_was_given()
    {
        var parsed = Parse(Event("""
            "time":"2026-11-23T09:00:00Z","data":[{},"x",{"seq":3, "x": [1,
            2]}]
            """));
        var canonical = Encoding.UTF8.GetString(parsed.Canonical!.WrittenSpan);
        Assert.Equal(
            ["""{"ts":"2026-11-23T09:00:00.0000000+00:00"}""", """{"seq":3, "x": [1, 2],"ts":"2026-11-23T09:00:00.0000000+00:00"}"""],
            parsed.Places.Select(p => canonical[p]));
    }

    [Fact]
    public void The_time_of_an_event_in_binary_mode_dates_its_data()
    {
        var parsed = new ParsedTelemetry();
        new HubEventReader().Read(new()
        {
            SequenceNumber = 1,
            EnqueuedAt = Now,
            Body = "{}"u8.ToArray(),
            Event = new("1.0", "1", "/a", "t", "2026-11-23T09:00:00Z"),
        }, parsed);
        Assert.Equal(Now.AddHours(-1), Assert.Single(parsed.Accepted).Time);
    }

    [Theory]
    [InlineData("0.3", "1", null)]
    [InlineData("1.0", null, null)]
    [InlineData("1.0", "", "2026-11-23T09:00:00Z")]
    public void A_context_that_is_not_of_the_standard_is_refused(string version, string? id, string? time) =>
        Assert.NotNull(new CloudEventAttributes(version, id, "/a", "t", time).Problem);

    [Fact]
    public void No_event_makes_the_parser_throw()
    {
        var valid = $$"""[{{Event("\"time\":\"2026-11-23T09:00:00Z\",\"datacontenttype\":\"application/json\",\"data\":[{\"seq\":1},{\"ts\":null}]")}},{{Event("\"data_base64\":\"e30=\"")}}]""";
        Gen.Select(Gen.Int[0, valid.Length - 1], Gen.Byte, Gen.Int[0, valid.Length]).Sample(m =>
        {
            var bytes = Encoding.UTF8.GetBytes(valid);
            bytes[m.Item1] = m.Item2;
            var parsed = new ParsedTelemetry();
            new TelemetryParser().Parse(bytes.AsMemory(0, m.Item3), TelemetryFormat.CloudEventBatch, Now, parsed);
            Assert.True(parsed.Unreadable is not null || parsed.Accepted.Count + parsed.Rejected.Count > 0);
            foreach (var place in parsed.Places)
                using (JsonDocument.Parse(parsed.Canonical!.WrittenMemory[place]))
                    Assert.DoesNotContain((byte)'\n', parsed.Canonical!.WrittenSpan[place].ToArray());
        });
    }

    private static string Event(string members) => "{" + Context + "," + members + "}";

    private static ParsedTelemetry Parse(string body, TelemetryFormat format = TelemetryFormat.CloudEvent)
    {
        var parsed = new ParsedTelemetry();
        new TelemetryParser().Parse(Encoding.UTF8.GetBytes(body), format, Now, parsed);
        return parsed;
    }
}
