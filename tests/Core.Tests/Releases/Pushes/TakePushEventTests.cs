using System.Security.Cryptography;
using System.Text;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Pushes;

namespace Core.Tests.Releases.Pushes;

public sealed class TakePushEventTests
{
    private const string Key = "a key of some length";
    private static readonly byte[] Push = """{"repository":"fleet/sensor","updated_tags":["1.0.0"]}"""u8.ToArray();

    private readonly MemoryStores _stores = new();

    [Fact]
    public async Task An_event_is_queued_for_the_registries_it_may_be_about()
    {
        await ConfigureAsync("one.example.com", null);
        await ConfigureAsync("two.example.com", Key);
        Assert.Equal(PushEventOutcome.Queued, (await TakeAsync(new(null, null, Push))).Outcome);
        Assert.Equal(["one.example.com"], Assert.IsType<ReadPushWork>(Assert.Single(_stores.Work)).Registries);
    }

    [Theory]
    [InlineData(Key, true)]
    [InlineData("Bearer " + Key, true)]
    [InlineData("another key of length", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public async Task A_registry_s_key_has_to_be_shown(string? authorization, bool taken)
    {
        await ConfigureAsync("one.example.com", Key);
        var receipt = await TakeAsync(new(authorization, null, Push));
        Assert.Equal(taken ? PushEventOutcome.Queued : PushEventOutcome.Unproven, receipt.Outcome);
        Assert.Equal(taken, _stores.Work.Count == 1);
    }

    [Fact]
    public async Task Github_s_signature_over_the_body_shows_the_key()
    {
        await ConfigureAsync("ghcr.io", Key);
        var signature = $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Push))}";
        Assert.Equal(PushEventOutcome.Queued, (await TakeAsync(new(null, signature, Push))).Outcome);
        Assert.Equal(PushEventOutcome.Unproven, (await TakeAsync(new(null, signature, "{}"u8.ToArray()))).Outcome);
    }

    [Fact]
    public async Task An_address_given_to_one_registry_is_about_that_one_only()
    {
        await ConfigureAsync("one.example.com", null);
        await ConfigureAsync("two.example.com", null);
        await new TakePushEvent(_stores, _stores).RunAsync(new(null, null, Push), "two.example.com", default);
        Assert.Equal(["two.example.com"], Assert.IsType<ReadPushWork>(Assert.Single(_stores.Work)).Registries);
    }

    [Fact]
    public async Task Event_grid_s_topic_means_the_acr_of_that_name()
    {
        await ConfigureAsync("fleetreg.azurecr.io", null, RegistryKind.Acr);
        await ConfigureAsync("fleetreg.example.com", null);
        var sample = Encoding.UTF8.GetString(Samples.Read("webhooks/eventgrid-acr-push.cloudevents.json"));
        var body = Encoding.UTF8.GetBytes(System.Text.Json.JsonDocument.Parse(sample).RootElement.GetProperty("body").GetRawText());
        await TakeAsync(new(null, null, body));
        Assert.Equal(["fleetreg.azurecr.io"], Assert.IsType<ReadPushWork>(Assert.Single(_stores.Work)).Registries);
    }

    [Fact]
    public async Task What_is_not_understood_is_taken_and_forgotten()
    {
        await ConfigureAsync("one.example.com", null);
        var receipt = await TakeAsync(new(null, null, "?"u8.ToArray()));
        Assert.Equal((PushEventOutcome.Ignored, "The body is not JSON."), (receipt.Outcome, receipt.Reason));
    }

    private Task ConfigureAsync(string host, string? key, RegistryKind kind = RegistryKind.Distribution) =>
        _stores.SaveAsync(new RegistryConfiguration { Host = host, Endpoint = new($"https://{host}"), WebhookKey = key, Kind = kind }, default);

    private Task<PushEventReceipt> TakeAsync(WebhookProof proof) => new TakePushEvent(_stores, _stores).RunAsync(proof, null, default);
}
