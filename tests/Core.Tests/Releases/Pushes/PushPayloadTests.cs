using System.Text;
using System.Text.Json;
using CsCheck;
using IoTBackend.Core.Releases.Pushes;

namespace Core.Tests.Releases.Pushes;

public sealed class PushPayloadTests
{
    private static readonly PushHint Sensor = new("fleet/sensor", "1.2.0");

    [Theory]
    [InlineData("acr-push", "acr")]
    [InlineData("dockerhub-push", "dockerhub")]
    [InlineData("ghcr-package-published", "ghcr")]
    [InlineData("harbor-push-artifact", "harbor")]
    [InlineData("ecr-eventbridge-push", "ecr")]
    public void A_push_is_found_in_every_vendor_s_form(string file, string form)
    {
        var events = PushPayload.Parse(Webhook(file)).Value!;
        Assert.Equal(form, events.Form);
        Assert.Equal([Sensor], events.Hints);
    }

    [Theory]
    [InlineData("eventgrid-acr-push.eventgrid-schema", "eventgrid")]
    [InlineData("eventgrid-acr-push.cloudevents", "cloudevents")]
    public void Event_grid_s_topic_narrows_the_registry(string file, string form)
    {
        var events = PushPayload.Parse(Webhook(file)).Value!;
        Assert.Equal(form, events.Form);
        Assert.Equal([Sensor with { RegistryName = "fleetreg" }], events.Hints);
    }

    [Fact]
    public void Quay_s_event_counts_for_each_of_its_tags() =>
        Assert.Equal([Sensor, Sensor with { Tag = "latest" }], PushPayload.Parse(Webhook("quay-repo-push")).Value!.Hints);

    [Theory]
    [InlineData("acr-push-untagged")]
    [InlineData("acr-delete")]
    [InlineData("acr-quarantine")]
    [InlineData("acr-chart-push")]
    public void What_is_no_tagged_image_is_accepted_and_of_no_use(string file) =>
        Assert.Empty(PushPayload.Parse(Webhook(file)).Value!.Hints);

    [Fact]
    public void Event_grid_s_handshake_gives_its_code() =>
        Assert.Equal("512d38b6-0000-4000-8000-000000000004", PushPayload.Parse(Webhook("eventgrid-validation")).Value!.ValidationCode);

    [Fact]
    public void Of_all_deliveries_of_one_push_only_the_tagged_index_counts()
    {
        var hints = Deliveries("distribution-2.8.2-push-index-1.2.0.hooks.jsonl").ToList();
        Assert.Equal(14, hints.Count);
        // Once per endpoint the registry notifies.
        Assert.Equal([Sensor, Sensor], hints.SelectMany(h => h));
    }

    [Theory]
    [InlineData("distribution-pull-events-from-own-reads.hooks.jsonl")]
    [InlineData("distribution-2.8.2-referrers-push.hooks.jsonl")]
    public void Own_reads_and_signatures_start_nothing(string file) => Assert.Empty(Deliveries(file).SelectMany(h => h));

    [Fact]
    public void A_deletion_starts_nothing() =>
        Assert.Empty(PushPayload.Parse(Body(Encoding.UTF8.GetString(Samples.Read("distribution-delete-by-digest.json")))).Value!.Hints);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("{\"events\":{}}")]
    public void Anything_else_is_refused_with_a_reason(string body) => Assert.NotNull(PushPayload.Parse(Encoding.UTF8.GetBytes(body)).Reason);

    [Theory]
    [InlineData("../../etc")]
    [InlineData("evil.example.com/../fleet")]
    [InlineData("fleet/sensor?x=1")]
    [InlineData("Fleet/Sensor")]
    [InlineData("fleet/sensor\n")]
    public void A_repository_that_is_no_name_is_dropped(string repository) =>
        Assert.Empty(PushPayload.Parse(JsonSerializer.SerializeToUtf8Bytes(new { repository, updated_tags = new[] { "1.0.0" } })).Value!.Hints);

    [Fact]
    public void Text_that_is_not_unicode_names_nothing() =>
        Assert.Empty(PushPayload.Parse("{\"updated_tags\":[\"\\ud800\"],\"repository\":\"fleet/sensor\"}"u8.ToArray()).Value!.Hints);

    [Fact]
    public void More_pushes_than_any_sender_makes_are_refused()
    {
        var tags = Enumerable.Range(0, 101).Select(i => $"1.0.{i}");
        Assert.NotNull(PushPayload.Parse(JsonSerializer.SerializeToUtf8Bytes(new { repository = "fleet/sensor", updated_tags = tags })).Reason);
    }

    [Fact]
    public void A_damaged_event_is_a_value_or_a_reason_and_never_an_error() =>
        Gen.Select(Pick.From("acr-push", "ghcr-package-published", "eventgrid-acr-push.cloudevents", "quay-repo-push"), Gen.Int[0, 4000], Gen.Byte)
            .Sample((file, at, value) =>
            {
                var body = Webhook(file);
                body[at % body.Length] = value;
                var result = PushPayload.Parse(body);
                Assert.True(result.IsRejected || result.Value is not null);
            });

    [Fact]
    public void Any_bytes_are_a_value_or_a_reason_and_never_an_error() =>
        Gen.Byte.Array.Sample(bytes => PushPayload.Parse(bytes) is { IsRejected: true } or { Value: not null });

    private static byte[] Webhook(string file) => Body(Encoding.UTF8.GetString(Samples.Read($"webhooks/{file}.json")));

    private static byte[] Body(string sample)
    {
        using var json = JsonDocument.Parse(sample);
        return Encoding.UTF8.GetBytes(json.RootElement.GetProperty("body").GetRawText());
    }

    private static IEnumerable<IReadOnlyList<PushHint>> Deliveries(string file) =>
        Samples.Lines(file).Where(l => l.Length > 0).Select(line => PushPayload.Parse(Body(line)).Value!.Hints);
}
