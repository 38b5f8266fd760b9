using Functions.Tests.Http;

namespace Functions.Tests.Devices;

public sealed class ModelResourceTests
{
    private readonly Api _api = new(new MemoryModels());

    [Fact]
    public async Task A_model_is_made_changed_shown_listed_and_forgotten()
    {
        Assert.Equal(201, (await _api.SendAsync("PUT", "/api/fleet/models/m", """{"platform":"linux/arm64","battery":{"chemistry":"cr"}}""")).Status);
        Assert.Equal(200, (await _api.SendAsync("PUT", "/api/fleet/models/m", """{"reportingInterval":"PT1M"}""")).Status);
        Assert.Equal("PT1M", (await _api.SendAsync("GET", "/api/fleet/models/m")).Body?.GetProperty("reportingInterval").GetString());
        Assert.Equal("m", (await _api.SendAsync("GET", "/api/fleet/models")).Body?.GetProperty("models")[0].GetProperty("name").GetString());
        Assert.Equal(204, (await _api.SendAsync("DELETE", "/api/fleet/models/m")).Status);
        Assert.Equal(404, (await _api.SendAsync("GET", "/api/fleet/models/m")).Status);
    }

    [Theory]
    [InlineData("""{"battery":{"lowPrecent":20}}""", "The member 'battery.lowPrecent' is not known; did you mean 'lowPercent'?")]
    [InlineData("""{"lowPrecent":20}""", "The member 'lowPrecent' is not known; did you mean 'battery.lowPercent'?")]
    [InlineData("""{"platfrom":"linux/arm64","platform":null}""", "The member 'platfrom' is not known; did you mean 'platform'?")]
    [InlineData("""{"reportingInterval":60}""", "reportingInterval must be a duration as in ISO 8601, for example PT1M.")]
    [InlineData("""{"securityTested":"yes"}""", "securityTested must be true or false.")]
    [InlineData("""{"securityTested":null}""", "securityTested must not be null; leave it out.")]
    [InlineData("""{"flappingSilences":2.5}""", "flappingSilences must be a whole number.")]
    [InlineData("""{"flappingSilences":99999999999}""", "flappingSilences must be a whole number.")]
    [InlineData("""{"dataLossShare":1e999}""", "dataLossShare must be a number.")]
    [InlineData("""{"segment":"a","Segment":"b"}""", "The member 'Segment' is given twice.")]
    [InlineData("""{"segment":"\ud800"}""", "segment must be text.")]
    [InlineData("""{"\ud800":1}""", "A name has an escape that is no character.")]
    [InlineData("[]", "The body must be an object.")]
    [InlineData("null", "The body must be an object.")]
    [InlineData("", "The body is empty; send JSON.")]
    [InlineData("{", "The body is not valid JSON of at most 32 levels: see line 1, byte 2.")]
    public async Task A_body_that_is_wrong_is_refused_in_words_that_mend_it(string body, string detail)
    {
        var answer = await _api.SendAsync("PUT", "/api/fleet/models/m", body);
        Assert.Equal((400, detail), (answer.Status, answer.Detail));
    }

    [Theory]
    [InlineData("/api/fleet/models/a%20b")]
    [InlineData("/api/fleet/models/a b")]
    [InlineData("/api/fleet/models/..")]
    [InlineData("/api/fleet/models/m?tpo=3")]
    public async Task An_odd_name_or_a_parameter_nobody_reads_is_refused(string path) =>
        Assert.Equal(400, (await _api.SendAsync("GET", path)).Status);

    [Fact]
    public async Task A_body_without_end_is_refused_as_too_large() =>
        Assert.Equal(413, (await _api.SendAsync("PUT", "/api/fleet/models/m", new string(' ', 300_000))).Status);
}
