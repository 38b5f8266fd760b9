using Functions.Tests.Http;
using IoTBackend.Core.Changes;
using Microsoft.Extensions.Time.Testing;

namespace Functions.Tests.Changes;

public sealed class ChangesResourceTests
{
    private readonly RecentChanges _changes = new(new FakeTimeProvider());

    [Fact]
    public async Task A_page_hears_of_the_kinds_that_changed_since_its_cursor()
    {
        var api = new Api(_changes);
        var cursor = (await api.SendAsync("GET", "/api/changes")).Body?.GetProperty("cursor").GetString();
        _changes.Heard(ChangeKinds.Alerts, DateTimeOffset.UnixEpoch);
        var answer = (await api.SendAsync("GET", $"/api/changes?since={cursor}&wait=20")).Body!.Value;
        Assert.Equal("""["alerts"]""", answer.GetProperty("changed").GetRawText());
        Assert.Equal("[]", (await api.SendAsync("GET", $"/api/changes?since={answer.GetProperty("cursor").GetString()}")).Body?.GetProperty("changed").GetRawText());
    }

    [Theory]
    [InlineData("since=yesterday")]
    [InlineData("since=0.0.0")]
    [InlineData("since=0.0.0.0.7fffffffffffffff")]
    [InlineData("wait=60")]
    public async Task A_cursor_of_nobodys_and_too_long_a_wait_are_refused(string query) =>
        Assert.Equal(400, (await new Api(_changes).SendAsync("GET", $"/api/changes?{query}")).Status);
}
