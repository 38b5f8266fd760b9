using System.Text.Json;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace Core.Tests.Alerts.Deliveries;

public sealed class ChannelRequestTests
{
    private static readonly WebhookChannel Valid = new() { Url = new("https://example.com/hook") };

    [Fact]
    public void A_new_webhook_without_a_secret_is_given_one() => Assert.True(WebhookSignature.IsSecret(Take(Valid)!.Secret));

    [Fact]
    public void A_secret_that_is_not_given_stays_what_it_was()
    {
        var known = Take(Valid)!;
        Assert.Equal(known.Secret, Take(Valid with { Url = new("https://example.com/other") }, known)!.Secret);
    }

    [Fact]
    public void A_secret_that_is_changed_signs_together_with_the_one_before_for_a_day()
    {
        var known = Take(Valid)!;
        var changed = (WebhookChannel)Take(Valid with { Secret = WebhookSignature.NewSecret() }, known)!;
        Assert.Equal((known.Secret, AlertWorld.Start + TimeSpan.FromHours(24)), (changed.PreviousSecret, changed.PreviousSecretUntil));
        Assert.Equal(known.Secret, ((WebhookChannel)Take(Valid, changed)!).PreviousSecret);
    }

    [Fact]
    public void A_secret_does_not_go_along_to_another_type_of_channel() =>
        Assert.Null(Take(new SlackChannel { Url = Valid.Url }, Take(Valid))!.Secret);

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
        Assert.StartsWith("url must", Reason(Valid with { Url = url is null ? null : new(url, UriKind.RelativeOrAbsolute) }), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"type":"pagerduty","secret":"short"}""", "secret must be the routing key")]
    [InlineData("""{"type":"ntfy","url":"https://ntfy.sh/"}""", "url must name the server and one topic")]
    [InlineData("""{"type":"email","host":"mail.example.com","from":"a@b","to":[]}""", "to must hold 1 to 50")]
    [InlineData("""{"type":"email","host":"mail.example.com","from":"a@b","to":["x"]}""", "to holds 'x'")]
    [InlineData("""{"type":"email","host":"mail.example.com","from":"a@b","to":["a@b\r\nBcc: c@d"]}""", "to holds")]
    [InlineData("""{"type":"email","host":"mail.example.com","from":"a@b","to":["c@d"],"user":"u","secret":"p","security":"none"}""", "a password is not sent without encryption")]
    [InlineData("""{"type":"email","host":"169.254.169.254","from":"a@b","to":["c@d"]}""", "host must not lead to")]
    public void Each_kind_says_what_it_needs(string body, string reason) =>
        Assert.StartsWith(reason, Reason(StrictJson.Read<Channel>(System.Text.Encoding.UTF8.GetBytes(body)).Value!), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"type":"carrier pigeon"}""", "type must be one of webhook, alertmanager, slack, teams, pagerduty, ntfy, email.")]
    [InlineData("""{"url":"https://example.com"}""", "type must be one of webhook, alertmanager, slack, teams, pagerduty, ntfy, email.")]
    [InlineData("""{"type":"slack","minSevrity":"critical"}""", "The member 'minSevrity' is not known; did you mean 'minSeverity'?")]
    [InlineData("""{"type":"\ud800"}""", "type must be one of webhook, alertmanager, slack, teams, pagerduty, ntfy, email.")]
    [InlineData("""{"\ud800":1}""", "type must be one of webhook, alertmanager, slack, teams, pagerduty, ntfy, email.")]
    [InlineData("""{"\ud800":1,"type":"slack"}""", "A name has an escape that is no character.")]
    [InlineData("""{"type":"slack","minSeverity":"information,warning"}""", "minSeverity must be one of information, warning, critical.")]
    public void What_is_misspelt_is_refused_by_name(string body, string reason) =>
        Assert.Equal(reason, StrictJson.Read<Channel>(System.Text.Encoding.UTF8.GetBytes(body)).Reason);

    [Fact]
    public void A_channel_that_version_0_1_stored_is_read()
    {
        const string Stored = """{"name":"ops","type":"webhook","url":"https://example.com/hook","secret":"x","minSeverity":"warning","kinds":["battery.low"],"groups":["a"]}""";
        var channel = Assert.IsType<WebhookChannel>(JsonSerializer.Deserialize<Channel>(Stored, WireJson.Options));
        Assert.Equal(("ops", "x", Severity.Warning, AlertKind.BatteryLow, "a"), (channel.Name, channel.Secret, channel.MinSeverity, channel.Kinds.Single(), channel.Groups.Single()));
    }

    private static Channel? Take(Channel wanted, Channel? known = null) => ChannelRequest.ToChannel("c", wanted, known, AlertWorld.Start).Value;

    private static string? Reason(Channel wanted) => ChannelRequest.ToChannel("c", wanted, null, AlertWorld.Start).Reason;
}
