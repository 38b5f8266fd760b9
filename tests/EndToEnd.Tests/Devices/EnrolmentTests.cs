using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace EndToEnd.Tests.Devices;

[Collection(StackCollection.Name)]
public sealed class EnrolmentTests(TestStack stack)
{
    [Fact]
    public async Task A_device_with_nothing_but_a_claim_gets_a_key_and_its_reading_is_stored_and_the_next_device_gets_none()
    {
        var claim = (await stack.OperateAsync(HttpMethod.Post, "fleet/claims", new { model = "cell", groups = new[] { "line-1" } }))!;
        var id = $"line-{Guid.NewGuid():n}"[..13];
        var (status, enrolled) = await EnrolAsync(claim, id);
        Assert.Equal((HttpStatusCode.Created, $"127.0.0.1:{stack.Http.BaseAddress!.Port}"), (status, (string?)enrolled["hostName"]));
        Assert.Equal(HttpStatusCode.Forbidden, (await EnrolAsync(claim, $"{id}-x")).Status);

        using (var sent = await stack.SendAsync(new(id, (string)enrolled["primaryKey"]!), new { seq = 1 }))
            Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
        var device = await stack.UntilAsync(() => stack.DeviceAsync(id), seen => (long?)seen["readings"] == 1);
        Assert.Equal(("cell", (string?)claim["id"]), ((string?)device["model"], (string?)device["enrolledWith"]));
        Assert.DoesNotContain(((string)claim["token"]!).Split('.')[2], stack.Logs(), StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, JsonNode Answer)> EnrolAsync(JsonNode claim, string deviceId)
    {
        var body = new { token = (string?)claim["token"], deviceId, nonce = $"{Guid.NewGuid():n}", platform = "linux/arm64" };
        using var answer = await stack.Http.PostAsJsonAsync("devices/enroll", body);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }
}
