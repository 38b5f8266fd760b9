using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IoTBackend.Adapters.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Signals;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Adapters.Tests.Alerts.Deliveries;

public sealed class HttpChannelSenderTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly List<(string Path, IHeaderDictionary Headers, byte[] Body)> _received = [];
    private WebApplication _receiver = null!;
    private Func<HttpContext, Task> _answer = context =>
    {
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Url => _receiver.Urls.First();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _receiver = builder.Build();
        _receiver.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            // A copy: the server uses its headers again.
            _received.Add((context.Request.Path, new HeaderDictionary(context.Request.Headers.ToDictionary()), body.ToArray()));
            await _answer(context);
        });
        await _receiver.StartAsync(Cancellation);
    }

    public async ValueTask DisposeAsync() => await _receiver.DisposeAsync();

    [Fact]
    public async Task A_webhook_is_signed_over_its_id_its_time_and_its_bytes()
    {
        Assert.True((await SendAsync(ChannelType.Webhook, "/hook")).Delivered);
        var (path, headers, body) = _received.Single();
        var (id, at) = (headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString());
        // Written out again from the specification, on purpose not with the code under test.
        var key = Convert.FromBase64String(Secret["whsec_".Length..]);
        var expected = HMACSHA256.HashData(key, (byte[])[.. Encoding.UTF8.GetBytes($"{id}.{at}."), .. body]);
        Assert.Equal(("/hook", $"v1,{Convert.ToBase64String(expected)}", "application/json"), (path, headers["webhook-signature"].ToString(), headers.ContentType.ToString()));
        Assert.InRange(long.Parse(at, null), Now.ToUnixTimeSeconds() - 5, Now.ToUnixTimeSeconds() + 60);
    }

    [Fact]
    public async Task A_webhooks_body_has_the_documented_form()
    {
        await SendAsync(ChannelType.Webhook, "/hook");
        using var json = JsonDocument.Parse(_received.Single().Body);
        var data = json.RootElement.GetProperty("data");
        Assert.Equal("alert.opened", json.RootElement.GetProperty("type").GetString());
        Assert.Equal(
            ("d1~device.offline~0", "device.offline", "critical", "open", "d1", "It is silent & <gone>."),
            (data.GetProperty("id").GetString(), data.GetProperty("kind").GetString(), data.GetProperty("severity").GetString(), data.GetProperty("state").GetString(),
                data.GetProperty("deviceId").GetString(), data.GetProperty("summary").GetString()));
        Assert.Equal(3, data.GetProperty("evidence").GetProperty("missed").GetInt32());
    }

    [Fact]
    public async Task The_same_delivery_has_the_same_id_and_body_at_every_attempt()
    {
        await SendAsync(ChannelType.Webhook, "/hook");
        await SendAsync(ChannelType.Webhook, "/hook");
        Assert.Equal(_received[0].Headers["webhook-id"], _received[1].Headers["webhook-id"]);
        Assert.Equal(_received[0].Body, _received[1].Body);
    }

    [Fact]
    public async Task Alertmanager_gets_an_alert_that_ends_far_ahead_and_when_cleared_ends()
    {
        await SendAsync(ChannelType.Alertmanager, "");
        await SendAsync(ChannelType.Alertmanager, "", NoticeType.Cleared);
        Assert.True((await SendAsync(ChannelType.Alertmanager, "", NoticeType.Acknowledged)).Delivered);
        Assert.Equal(["/api/v2/alerts", "/api/v2/alerts"], _received.Select(r => r.Path));
        var ends = _received.ConvertAll(r => JsonDocument.Parse(r.Body).RootElement[0].GetProperty("endsAt").GetDateTimeOffset());
        Assert.True(ends[0] > Now.AddDays(300) && ends[1] < Now);
    }

    [Fact]
    public async Task Slack_gets_text_that_cannot_mention_anybody()
    {
        await SendAsync(ChannelType.Slack, "/services/x");
        Assert.Equal(
            "*Opened* device.offline (critical): It is silent &amp; &lt;gone&gt;.",
            JsonDocument.Parse(_received.Single().Body).RootElement.GetProperty("text").GetString());
    }

    [Theory]
    [InlineData(500, false)]
    [InlineData(429, false)]
    [InlineData(404, false)]
    [InlineData(410, true)]
    public async Task What_is_not_2xx_is_not_delivered(int status, bool isFinal)
    {
        _answer = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = "120";
            return Task.CompletedTask;
        };
        var outcome = await SendAsync(ChannelType.Webhook, "/");
        Assert.Equal((false, isFinal), (outcome.Delivered, outcome.IsFinal));
        Assert.Equal(isFinal ? null : TimeSpan.FromSeconds(120), outcome.RetryAfter);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        _answer = context =>
        {
            context.Response.Redirect($"{Url}/elsewhere");
            return Task.CompletedTask;
        };
        Assert.Contains("redirects", (await SendAsync(ChannelType.Webhook, "/")).Reason);
        Assert.Single(_received);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("2130706433")]
    public async Task Without_leave_no_private_address_is_connected_to_whatever_its_name(string host)
    {
        var outcome = await SendAsync(ChannelType.Webhook, "/", allowPrivate: false, url: new UriBuilder(Url) { Host = host }.Uri);
        Assert.Equal((false, true), (outcome.Delivered, outcome.IsFinal));
        Assert.Empty(_received);
    }

    [Fact]
    public async Task A_metadata_address_is_refused_even_with_leave() =>
        Assert.True((await SendAsync(ChannelType.Webhook, "/", url: new("http://169.254.169.254/latest/meta-data"))).IsFinal);

    [Fact]
    public async Task A_receiver_that_is_not_there_fails_the_attempt_and_throws_nothing()
    {
        var port = Local.Tests.Azurite.FreePorts(1)[0];
        var outcome = await SendAsync(ChannelType.Webhook, "/", url: new($"http://127.0.0.1:{port}/"));
        Assert.Equal((false, false), (outcome.Delivered, outcome.IsFinal));
    }

    private const string Secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    private async Task<DeliveryOutcome> SendAsync(ChannelType type, string path, NoticeType notice = NoticeType.Opened, bool allowPrivate = true, Uri? url = null)
    {
        using var sender = new HttpChannelSender(new() { AllowPrivateTargets = allowPrivate }, TimeProvider.System);
        var channel = new Channel { Name = "c", Type = type, Url = url ?? new(Url + path), Secret = type == ChannelType.Slack ? null : Secret };
        var step = new AlertTransition
        {
            AlertId = AlertTransition.IdOf("d1", AlertKind.DeviceOffline, DateTimeOffset.UnixEpoch),
            Change = AlertChange.Opened,
            Kind = AlertKind.DeviceOffline,
            Severity = Severity.Critical,
            DeviceId = "d1",
            Summary = "It is silent & <gone>.",
            RaisedAt = DateTimeOffset.UnixEpoch,
            At = DateTimeOffset.UnixEpoch,
            Evidence = new Dictionary<string, object> { ["missed"] = 3 },
        };
        var delivery = Delivery.Of(new(notice, AlertLife.Apply(null, step), step.At, AlertState.Open, null), channel, Now);
        return await sender.SendAsync(channel, delivery, Cancellation);
    }
}
