using System.Text;
using IoTBackend.Adapters.Alerts.Deliveries.Webhook;
using IoTBackend.Core.Alerts.Deliveries;
using Microsoft.AspNetCore.Http;
using StandardWebhooks;

namespace Adapters.Tests.Alerts.Deliveries;

/// <summary>Verified with the package StandardWebhooks, as a receiver would.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    private const string Secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private const string Other = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

    private Receiver _receiver = null!;

    public async ValueTask InitializeAsync() => _receiver = await Receiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Fact]
    public async Task A_receiver_verifies_the_signature_and_a_changed_body_fails()
    {
        await SendAsync(Sample.One());
        Verify(_receiver.Received[0], Secret);
        Assert.ThrowsAny<Exception>(() => Verify(_receiver.Received[0] with { Body = [.. _receiver.Received[0].Body, (byte)' '] }, Secret));
        Assert.ThrowsAny<Exception>(() => Verify(_receiver.Received[0], Other));
    }

    [Fact]
    public async Task While_a_secret_is_changed_receivers_with_either_verify_and_afterwards_only_the_new()
    {
        await SendAsync(Sample.One(), c => c with { Secret = Other, PreviousSecret = Secret, PreviousSecretUntil = TimeProvider.System.GetUtcNow().AddHours(1) });
        var (headers, body) = (_receiver.Received[0].Headers, _receiver.Received[0].Body);
        Verify(_receiver.Received[0], Other);
        // The package looks at the first of several signatures only, so for who still has the secret before each is given to it alone.
        foreach (var (secret, signature) in new[] { Other, Secret }.Zip(headers["webhook-signature"].ToString().Split(' ')))
            Verify(new("/", new HeaderDictionary(headers.ToDictionary()) { ["webhook-signature"] = signature }, body), secret);
        await SendAsync(Sample.One(), c => c with { Secret = Other, PreviousSecret = Secret, PreviousSecretUntil = TimeProvider.System.GetUtcNow().AddHours(-1) });
        Assert.ThrowsAny<Exception>(() => Verify(_receiver.Received[1], Secret));
    }

    [Fact]
    public async Task A_body_has_the_documented_form()
    {
        await SendAsync(Sample.One());
        var json = _receiver.Received.Single().Json;
        var data = json.GetProperty("data");
        Assert.Equal("alert.opened", json.GetProperty("type").GetString());
        Assert.Equal(
            ("device.offline", "critical", "open", "pump-7", "It is silent & <gone>."),
            (data.GetProperty("kind").GetString(), data.GetProperty("severity").GetString(), data.GetProperty("state").GetString(), data.GetProperty("deviceId").GetString(), data.GetProperty("summary").GetString()));
        Assert.Equal(3, data.GetProperty("evidence").GetProperty("missed").GetInt32());
    }

    [Fact]
    public async Task The_same_message_has_the_same_id_and_body_at_every_attempt()
    {
        await SendAsync(Sample.One());
        await SendAsync(Sample.One());
        Assert.Equal(_receiver.Received[0].Headers["webhook-id"], _receiver.Received[1].Headers["webhook-id"]);
        Assert.Equal(_receiver.Received[0].Body, _receiver.Received[1].Body);
    }

    [Fact]
    public async Task Many_together_are_counted_and_listed_each_with_the_id_it_has_alone()
    {
        await SendAsync(Sample.Many());
        var data = _receiver.Received.Single().Json.GetProperty("data");
        Assert.Equal((5000, 5000, 1000), (data.GetProperty("count").GetInt32(), data.GetProperty("byCause").GetProperty("power").GetInt32(), data.GetProperty("alerts").GetArrayLength()));
        Assert.Equal(Sample.Notice(device: "pump-0000").IdFor("c"), data.GetProperty("alerts")[0].GetProperty("messageId").GetString());
        Verify(_receiver.Received.Single(), Secret);
    }

    private static void Verify(Received received, string secret)
    {
        new StandardWebhook(secret).Verify(Encoding.UTF8.GetString(received.Body), received.Headers);
    }

    private async Task SendAsync(Message message, Func<WebhookChannel, WebhookChannel>? change = null)
    {
        using var http = Sample.Http();
        var channel = new WebhookChannel { Name = "c", Url = _receiver.Url, Secret = Secret };
        Assert.True((await new Webhook(http, TimeProvider.System).SendAsync(change?.Invoke(channel) ?? channel, message, TestContext.Current.CancellationToken)).Delivered);
    }
}
