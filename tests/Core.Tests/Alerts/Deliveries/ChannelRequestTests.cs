using IoTBackend.Core.Alerts.Deliveries;

namespace Core.Tests.Alerts.Deliveries;

public sealed class ChannelRequestTests
{
    private static readonly ChannelRequest Valid = new() { Type = "webhook", Url = "https://example.com/hook" };

    [Fact]
    public void A_new_webhook_without_a_secret_is_given_one() => Assert.True(WebhookSignature.IsSecret(Valid.ToChannel("c", null).Value!.Secret));

    [Fact]
    public void A_secret_that_is_not_given_stays_what_it_was()
    {
        var known = Valid.ToChannel("c", null).Value!;
        Assert.Equal(known.Secret, (Valid with { Url = "https://example.com/other" }).ToChannel("c", known).Value!.Secret);
    }

    [Fact]
    public void A_secret_does_not_go_along_to_another_type_of_channel()
    {
        var known = Valid.ToChannel("c", null).Value!;
        Assert.Null((Valid with { Type = "slack" }).ToChannel("c", known).Value!.Secret);
    }

    [Theory]
    [InlineData("teams")]
    [InlineData("pagerduty")]
    [InlineData("email")]
    [InlineData("0")]
    [InlineData("")]
    [InlineData(null)]
    public void A_type_that_is_not_supported_is_refused_by_name(string? type) =>
        Assert.Contains("type must be one of webhook, alertmanager, slack", (Valid with { Type = type }).ToChannel("c", null).Reason);

    [Theory]
    [InlineData("ftp://example.com/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("/hook")]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("http://0xa9.254.43518/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("https://user:password@example.com/")]
    [InlineData(null)]
    public void Only_plain_http_and_https_urls_to_addresses_of_use_are_taken(string? url) =>
        Assert.StartsWith("url must", (Valid with { Url = url }).ToChannel("c", null).Reason, StringComparison.Ordinal);
}
