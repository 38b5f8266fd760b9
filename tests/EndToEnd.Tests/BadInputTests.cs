using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using IoTBackend.Simulator;

namespace EndToEnd.Tests;

[Collection(StackCollection.Name)]
public sealed class BadInputTests(TestStack stack)
{
    [Theory]
    [InlineData("{", 400)]
    [InlineData("", 400)]
    [InlineData("null", 400)]
    [InlineData("\"text\"", 400)]
    [InlineData("[7]", 400)]
    public async Task A_bad_reading_is_refused_with_its_reason_and_nothing_is_stored(string body, int status)
    {
        var device = await stack.RegisterAsync("bad");
        await AssertRefusedAsync(device, Content(Encoding.UTF8.GetBytes(body)), status);
    }

    [Theory]
    [InlineData("""{"battery":"full","seq":5}""", "battery")]
    [InlineData("""{"battery":{"percent":102},"seq":5}""", "battery.percent")]
    [InlineData("""{"ts":"2999-01-01T00:00:00Z","seq":5}""", "ts")]
    [InlineData("""{"ts":"2026-11-23T10:00:00","seq":5}""", "ts")]
    [InlineData("""{"seq":5,"link":{"rssi":1000}}""", "link.rssi")]
    public async Task A_bad_field_costs_the_field_and_the_device_is_heard(string body, string field)
    {
        var device = await stack.RegisterAsync("bad");
        using var response = await stack.Api.CallAsync(device, HttpMethod.Post, "telemetry", Content(Encoding.UTF8.GetBytes(body)), CancellationToken.None);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal((HttpStatusCode.Accepted, 1, 0, field), (response.StatusCode, (int)answer["accepted"]!, (int)answer["ignored"]![0]!["index"]!, (string)answer["ignored"]![0]!["field"]!));
        await stack.UntilAsync(() => stack.StoredAsync(device.DeviceId), stored => stored == (1, 5));
    }

    [Fact]
    public async Task A_gzip_that_is_cut_off_is_refused_whole()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 2000).Select(i => $"{{\"seq\":{i}}}\n"))));
        var content = new ByteArrayContent(packed.ToArray()[..(int)(packed.Length / 2)]) { Headers = { ContentType = new("application/x-ndjson") } };
        content.Headers.ContentEncoding.Add("gzip");
        await AssertRefusedAsync(await stack.RegisterAsync("bad"), content, 400);
    }

    [Fact]
    public async Task A_device_pays_for_what_its_bodies_inflate_to()
    {
        var device = await stack.RegisterAsync("flood");
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes($$"""{"x":"{{new string('x', 766 * 1024)}}"}"""));
        for (var sent = 0; ; sent++)
        {
            var content = Content(packed.ToArray());
            content.Headers.ContentEncoding.Add("gzip");
            using var response = await stack.Api.CallAsync(device, HttpMethod.Post, "telemetry", content, CancellationToken.None);
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                Assert.NotNull(response.Headers.RetryAfter);
                Assert.InRange(sent, 20, 40);
                return;
            }

            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            Assert.True(sent < 60);
        }
    }

    [Fact]
    public async Task Nesting_without_end_is_refused() =>
        await AssertRefusedAsync(await stack.RegisterAsync("bad"), Content(Encoding.UTF8.GetBytes(new string('[', 100_000))), 400);

    [Fact]
    public async Task A_body_of_300_KB_is_refused() =>
        await AssertRefusedAsync(await stack.RegisterAsync("bad"), Content(new byte[300 * 1024]), 413);

    [Fact]
    public async Task A_gzip_bomb_is_refused()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            gzip.Write(Enumerable.Repeat((byte)' ', 50 * 1024 * 1024).ToArray());
        var content = Content(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        await AssertRefusedAsync(await stack.RegisterAsync("bad"), content, 413);
    }

    [Fact]
    public async Task What_is_not_gzip_but_says_so_is_refused()
    {
        var content = Content("{}"u8.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        await AssertRefusedAsync(await stack.RegisterAsync("bad"), content, 400);
    }

    [Fact]
    public async Task An_unknown_content_type_is_refused()
    {
        var content = new ByteArrayContent("{}"u8.ToArray()) { Headers = { ContentType = new("image/png") } };
        await AssertRefusedAsync(await stack.RegisterAsync("bad"), content, 415);
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("far ahead")]
    [InlineData("wrong key")]
    [InlineData("unregistered")]
    [InlineData("another device")]
    [InlineData("nonsense")]
    [InlineData("missing")]
    public async Task A_bad_credential_is_refused(string kind)
    {
        var (device, other) = (await stack.RegisterAsync("bad"), await stack.RegisterAsync("other"));
        var soon = DateTimeOffset.UtcNow.AddHours(1);
        var credential = kind switch
        {
            "expired" => DeviceToken.Sign(device.DeviceId, device.Key, DateTimeOffset.UtcNow.AddMinutes(-10)),
            "far ahead" => DeviceToken.Sign(device.DeviceId, device.Key, DateTimeOffset.UtcNow.AddDays(400)),
            "wrong key" => DeviceToken.Sign(device.DeviceId, Convert.ToBase64String(new byte[32]), soon),
            "unregistered" => DeviceToken.Sign("nobody", device.Key, soon),
            "another device" => DeviceToken.Sign(other.DeviceId, other.Key, soon),
            "nonsense" => "SharedAccessSignature sr=%zz&sig=&&se=99999999999999999999",
            _ => null,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"devices/{(kind == "unregistered" ? "nobody" : device.DeviceId)}/telemetry") { Content = Content("{}"u8.ToArray()) };
        if (credential is not null)
            request.Headers.TryAddWithoutValidation("Authorization", credential);
        await AssertProblemAsync(await stack.Http.SendAsync(request), 401);
        Assert.Equal((0, 0), await stack.StoredAsync(device.DeviceId));
    }

    [Fact]
    public async Task A_disabled_device_is_refused()
    {
        var device = await stack.RegisterAsync("disabled");
        await stack.OperateAsync(HttpMethod.Post, $"fleet/devices/{device.DeviceId}/disable");
        var refused = await stack.UntilAsync(() => stack.SendAsync(device, new { seq = 1 }), answer => answer.StatusCode != HttpStatusCode.Accepted);
        await AssertProblemAsync(refused, 403);
    }

    [Theory]
    [InlineData("GET", "nothing/here", 404)]
    [InlineData("DELETE", "health", 405)]
    [InlineData("PATCH", "fleet/devices/x", 405)]
    [InlineData("GET", "fleet/devices/unknown-one", 404)]
    [InlineData("GET", "fleet/devices?top=-1", 400)]
    [InlineData("GET", "fleet/devices?filter=%27", 400)]
    public async Task An_unknown_route_method_or_question_is_a_problem_document(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(new(method), path);
        request.Headers.Add("x-functions-key", stack.Stack.Secrets.OperatorKey);
        await AssertProblemAsync(await stack.Http.SendAsync(request), status);
    }

    [Fact]
    public async Task Operators_calls_need_the_key()
    {
        foreach (var key in new[] { null, "", "wrong" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "fleet/summary");
            if (key is not null)
                request.Headers.TryAddWithoutValidation("x-functions-key", key);
            await AssertProblemAsync(await stack.Http.SendAsync(request), 401);
        }
    }

    [Fact]
    public async Task No_log_holds_a_key_or_a_credential()
    {
        var device = await stack.RegisterAsync("secret");
        await stack.SendAsync(device, new { seq = 1 });
        var token = (string?)(await stack.HubTokenAsync(device))["token"];
        using var refused = await stack.Api.CallAsync(device, HttpMethod.Post, "telemetry", Content("{"u8.ToArray()), CancellationToken.None);
        var logs = stack.Logs();
        foreach (var secret in stack.Secrets().Append(device.Key).Append(token!))
            Assert.DoesNotContain(secret, logs, StringComparison.Ordinal);
        Assert.DoesNotContain("sig=", logs, StringComparison.Ordinal);
        Assert.DoesNotContain("AccountKey=", logs, StringComparison.Ordinal);
    }

    private async Task AssertRefusedAsync(DeviceCredential device, HttpContent content, params int[] statuses)
    {
        using var response = await stack.Api.CallAsync(device, HttpMethod.Post, "telemetry", content, CancellationToken.None);
        await AssertProblemAsync(response, statuses);
        Assert.Equal((0, 0), await stack.StoredAsync(device.DeviceId));
    }

    private static async Task AssertProblemAsync(HttpResponseMessage response, params int[] statuses)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(statuses.Contains((int)response.StatusCode), $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!;
        Assert.Equal((int)response.StatusCode, (int?)problem["status"]);
        Assert.False(string.IsNullOrEmpty((string?)problem["title"]));
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
    }

    private static ByteArrayContent Content(byte[] body) => new(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
}
