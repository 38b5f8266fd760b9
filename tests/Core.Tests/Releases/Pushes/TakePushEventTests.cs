using System.Security.Cryptography;
using System.Text;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Pushes;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Releases.Pushes;

public sealed class TakePushEventTests
{
    private const string Key = "a key of some length";
    private static readonly byte[] Push = """{"repository":"fleet/sensor","updated_tags":["1.0.0"]}"""u8.ToArray();

    private readonly MemoryStores _stores = new();
    private readonly FakeTimeProvider _time = new(new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task An_event_is_queued_for_the_registries_it_may_be_about()
    {
        await ConfigureAsync("one.example.com", null);
        await ConfigureAsync("two.example.com", Key);
        Assert.Equal(PushEventOutcome.Queued, (await TakeAsync(Push)).Outcome);
        Assert.Equal(["one.example.com"], Assert.IsType<ReadPushWork>(Assert.Single(_stores.Work)).Registries);
    }

    [Theory]
    [InlineData(Key, true)]
    [InlineData("Bearer " + Key, true)]
    // zot with credentials: anything as user, the key as password.
    [InlineData("Basic em90OmEga2V5IG9mIHNvbWUgbGVuZ3Ro", true)]
    [InlineData("Basic em90OmFub3RoZXIga2V5IG9mIGxlbmd0aA==", false)]
    [InlineData("Basic ?", false)]
    [InlineData("another key of length", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public async Task A_registry_s_key_has_to_be_shown(string? authorization, bool taken)
    {
        await ConfigureAsync("one.example.com", Key);
        var receipt = await TakeAsync(Push, ("Authorization", authorization));
        Assert.Equal(taken ? PushEventOutcome.Queued : PushEventOutcome.Unproven, receipt.Outcome);
        Assert.Equal(taken, _stores.Work.Count == 1);
    }

    [Theory]
    [InlineData("X-Hub-Signature-256", "sha256=")]
    [InlineData("X-Gitea-Signature", "")]
    [InlineData("X-Forgejo-Signature", "")]
    public async Task A_signature_over_the_body_shows_the_key(string header, string prefix)
    {
        await ConfigureAsync("ghcr.io", Key);
        var signature = prefix + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Push));
        Assert.Equal(PushEventOutcome.Queued, (await TakeAsync(Push, (header, signature))).Outcome);
        Assert.Equal(PushEventOutcome.Unproven, (await TakeAsync("{}"u8.ToArray(), (header, signature))).Outcome);
    }

    [Fact]
    public async Task An_address_given_to_one_registry_is_about_that_one_only()
    {
        await ConfigureAsync("one.example.com", null);
        await ConfigureAsync("two.example.com", null);
        await Events.RunAsync(PushRequest.Of(Push), "two.example.com", default);
        Assert.Equal(["two.example.com"], Assert.IsType<ReadPushWork>(Assert.Single(_stores.Work)).Registries);
    }

    [Fact]
    public async Task Event_grid_s_topic_means_the_acr_of_that_name()
    {
        await ConfigureAsync("fleetreg.azurecr.io", null, RegistryKind.Acr);
        await ConfigureAsync("fleetreg.example.com", null);
        var sample = Encoding.UTF8.GetString(Samples.Read("webhooks/eventgrid-acr-push.cloudevents.json"));
        var body = Encoding.UTF8.GetBytes(System.Text.Json.JsonDocument.Parse(sample).RootElement.GetProperty("body").GetRawText());
        await TakeAsync(body);
        Assert.Equal(["fleetreg.azurecr.io"], Assert.IsType<ReadPushWork>(Assert.Single(_stores.Work)).Registries);
    }

    [Fact]
    public async Task Nothing_was_pushed_after_it_was_told_of_whatever_the_sender_s_clock_says()
    {
        await ConfigureAsync("one.example.com", null);
        await TakeAsync("""{"type":"PUSH_ARTIFACT","occur_at":9999999999,"event_data":{"resources":[{"tag":"1.0.0"}],"repository":{"repo_full_name":"fleet/sensor"}}}"""u8.ToArray());
        Assert.Equal(_time.GetUtcNow(), Assert.IsType<ReadPushWork>(Assert.Single(_stores.Work)).PushedAt);
    }

    [Fact]
    public async Task What_is_not_understood_is_refused_with_the_reason_and_only_where_the_key_was_shown()
    {
        await ConfigureAsync("one.example.com", Key);
        Assert.Equal(PushEventOutcome.Unproven, (await TakeAsync("?"u8.ToArray())).Outcome);
        var receipt = await TakeAsync("?"u8.ToArray(), ("Authorization", Key));
        Assert.Equal((PushEventOutcome.NotUnderstood, "The body is not JSON."), (receipt.Outcome, receipt.Reason));
    }

    private TakePushEvent Events => new(_stores, _stores, _time);

    private Task ConfigureAsync(string host, string? key, RegistryKind kind = RegistryKind.Distribution) =>
        _stores.SaveAsync(new RegistryConfiguration { Host = host, Endpoint = new($"https://{host}"), WebhookKey = key, Kind = kind }, default);

    private Task<PushEventReceipt> TakeAsync(byte[] body, params (string Name, string? Value)[] headers) => Events.RunAsync(
        new(body, name => headers.FirstOrDefault(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value), null, default);
}
