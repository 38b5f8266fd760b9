using System.Buffers;
using System.Text;
using CsCheck;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Readings.IotHub;

namespace Core.Tests.Readings.IotHub;

public sealed class IotHubBatchTests
{
    [Theory]
    [InlineData("""{"seq":1}""", """{"seq":1}""")]
    [InlineData("{\r\n  \"seq\": 1\n}", "{    \"seq\": 1 }")]
    [InlineData("""[{"seq":1},{"seq":2}]""", "{\"seq\":1}\n{\"seq\":2}")]
    [InlineData("not json", "not json")]
    [InlineData("[1,", "[1,")]
    public void Each_body_is_a_line(string body, string lines) => Assert.Equal(lines + "\n", Read($$"""[{"body":"{{Base64(body)}}"}]"""));

    [Theory]
    [InlineData("""{"seq":1}""", """{"iothub":{"properties":{"a":"\u0022"}},"seq":1}""")]
    [InlineData("{ }", """{"iothub":{"properties":{"a":"\u0022"}}}""")]
    [InlineData("7", "7")]
    public void Properties_go_along_where_there_is_room(string body, string line) =>
        Assert.Equal(line + "\n", Read($$$"""[{"body":"{{{Base64(body)}}}","properties":{"iothub-app-a":"\"","other":"x","iothub-app-n":1}}]"""));

    [Theory]
    [InlineData("{}", "A batch is an array of at most 5000 messages.")]
    [InlineData("[7]", "Message 0 has no body in base64.")]
    [InlineData("""[{"body":"e30="},{"body":"?"}]""", "Message 1 has no body in base64.")]
    [InlineData("[{", "The batch is not valid JSON.")]
    [InlineData("""[{"body":"e30=","properties":{"iothub-app-a":"\ud800"}}]""", "The batch is not valid JSON.")]
    public void A_batch_that_is_none_is_refused_whole(string batch, string reason) => Assert.Equal(reason, IotHubBatch.Read(Encoding.UTF8.GetBytes(batch)).Reason);

    [Fact]
    public void Whatever_a_message_holds_is_readings_or_a_reason_and_never_an_error() =>
        Gen.Byte.Array[0, 64].Select(Gen.String).Sample((body, property) =>
        {
            var lines = new ArrayBufferWriter<byte>();
            IotHubMessage.Append(body, new(property, null, new Dictionary<string, string>()), lines);
            var parsed = new ParsedTelemetry();
            new TelemetryParser().Parse(lines.WrittenMemory, TelemetryFormat.NdJson, DateTimeOffset.UnixEpoch, parsed);
            IotHubBatch.Read(body);
        });

    private static string Read(string batch) => Encoding.UTF8.GetString(IotHubBatch.Read(Encoding.UTF8.GetBytes(batch)).Value.Span);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
