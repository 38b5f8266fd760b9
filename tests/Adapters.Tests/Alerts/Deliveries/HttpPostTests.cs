using IoTBackend.Adapters.Alerts.Deliveries.Webhook;
using IoTBackend.Core.Alerts.Deliveries;
using Microsoft.AspNetCore.Http;

namespace Adapters.Tests.Alerts.Deliveries;

/// <summary>What a receiver may do without doing harm.</summary>
public sealed class HttpPostTests : IAsyncLifetime
{
    private Receiver _receiver = null!;

    public async ValueTask InitializeAsync() => _receiver = await Receiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Theory]
    [InlineData(500, false, false)]
    [InlineData(429, false, false)]
    [InlineData(404, false, false)]
    [InlineData(400, false, true)]
    [InlineData(422, false, true)]
    [InlineData(410, true, false)]
    public async Task What_is_not_2xx_is_not_delivered(int status, bool isFinal, bool isRefusal)
    {
        _receiver.Say(status, "", retryAfter: "120");
        var outcome = await SendAsync();
        Assert.Equal((false, isFinal, isRefusal), (outcome.Delivered, outcome.IsFinal, outcome.IsRefusal));
        Assert.Equal(isFinal ? null : TimeSpan.FromSeconds(120), outcome.RetryAfter);
    }

    [Theory]
    [InlineData("<!DOCTYPE html><title>Log in</title>")]
    [InlineData("\r\n <html lang=\"en\">")]
    public async Task A_page_that_says_200_is_no_receiver(string page)
    {
        _receiver.Say(200, page, "text/html");
        var outcome = await SendAsync();
        Assert.Equal((false, "Status 200 with an HTML page: this is no receiver of alerts."), (outcome.Delivered, outcome.Reason));
    }

    [Theory]
    [InlineData("OK", "text/html")]
    [InlineData("{\"error\":null}", "application/json")]
    public async Task A_plain_word_is_an_answer_whatever_its_type(string body, string type)
    {
        _receiver.Say(200, body, type);
        Assert.True((await SendAsync()).Delivered);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        _receiver.Answer = (context, _) =>
        {
            context.Response.Redirect($"{_receiver.Url}elsewhere");
            return Task.CompletedTask;
        };
        Assert.Contains("redirects", (await SendAsync()).Reason);
        Assert.Single(_receiver.Received);
    }

    [Fact]
    public async Task Of_an_answer_without_end_four_kilobytes_are_read()
    {
        _receiver.Answer = async (context, _) =>
        {
            context.Response.StatusCode = 500;
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.WriteAsync(new string('x', 8192), context.RequestAborted);
        };
        var outcome = await SendAsync();
        Assert.False(outcome.Delivered);
        Assert.InRange(outcome.Reason.Length, 1, 300);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("2130706433")]
    public async Task Without_leave_no_private_address_is_connected_to_whatever_its_name(string host)
    {
        var outcome = await SendAsync(new UriBuilder(_receiver.Url) { Host = host }.Uri, allowPrivate: false);
        Assert.Equal((false, true), (outcome.Delivered, outcome.IsFinal));
        Assert.Empty(_receiver.Received);
    }

    [Fact]
    public async Task A_metadata_address_is_refused_even_with_leave() =>
        Assert.True((await SendAsync(new("http://169.254.169.254/latest/meta-data"))).IsFinal);

    [Fact]
    public async Task A_receiver_that_is_not_there_fails_the_attempt_and_throws_nothing()
    {
        var outcome = await SendAsync(new($"http://127.0.0.1:{IoTBackend.Stack.FreePorts.Take(1)[0]}/"));
        Assert.Equal((false, false), (outcome.Delivered, outcome.IsFinal));
    }

    private async Task<DeliveryOutcome> SendAsync(Uri? url = null, bool allowPrivate = true)
    {
        using var http = Sample.Http(allowPrivate);
        return await new Webhook(http, TimeProvider.System).SendAsync(
            new WebhookChannel { Name = "c", Url = url ?? _receiver.Url, Secret = WebhookSignature.NewSecret() }, Sample.One(), TestContext.Current.CancellationToken);
    }
}
