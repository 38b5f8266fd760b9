using System.Text;
using System.Text.Json;
using CsCheck;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Pushes;
using IoTBackend.Core.Shared;

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
    [InlineData("harbor-push-artifact.cloudevents", "harbor")]
    [InlineData("gitea-package-created", "gitea")]
    [InlineData("zot-image-updated.cloudevents-binary", "zot")]
    public void A_push_is_found_in_every_vendor_s_form(string file, string form)
    {
        var events = Parse(Webhook(file)).Value!;
        Assert.Equal(form, events.Form);
        Assert.Equal([Sensor], Named(events));
    }

    [Theory]
    [InlineData("eventgrid-acr-push.eventgrid-schema", "eventgrid")]
    [InlineData("eventgrid-acr-push.cloudevents", "cloudevents")]
    public void Event_grid_s_topic_narrows_the_registry(string file, string form)
    {
        var events = Parse(Webhook(file)).Value!;
        Assert.Equal(form, events.Form);
        Assert.Equal([Sensor with { RegistryName = "fleetreg" }], Named(events));
    }

    [Fact]
    public void Quay_s_event_counts_for_each_of_its_tags() =>
        Assert.Equal([Sensor, Sensor with { Tag = "latest" }], Parse(Webhook("quay-repo-push")).Value!.Hints);

    [Theory]
    [InlineData("acr-push-untagged")]
    [InlineData("acr-delete")]
    [InlineData("acr-quarantine")]
    [InlineData("acr-chart-push")]
    public void What_is_no_tagged_image_is_accepted_and_of_no_use(string file) =>
        Assert.Empty(Parse(Webhook(file)).Value!.Hints);

    [Fact]
    public void Event_grid_s_handshake_gives_its_code() =>
        Assert.Equal("512d38b6-0000-4000-8000-000000000004", Parse(Webhook("eventgrid-validation")).Value!.ValidationCode);

    [Fact]
    public void Of_all_deliveries_of_one_push_only_the_tagged_index_counts()
    {
        var hints = Deliveries("distribution-2.8.2-push-index-1.2.0.hooks.jsonl").ToList();
        Assert.Equal(14, hints.Count);
        // Once per endpoint the registry notifies.
        Assert.Equal([Sensor, Sensor], hints.SelectMany(h => h).Select(h => h with { At = null }));
    }

    [Fact]
    public void Own_reads_start_nothing() => Assert.Empty(Deliveries("distribution-pull-events-from-own-reads.hooks.jsonl").SelectMany(h => h));

    [Fact]
    public void A_signature_says_no_more_than_under_which_image_it_is_filed() => Assert.Equal(
        ["sha256:136042fae6cadcd8d1cf28a98c06cfefc6ea97c39b06175690c72b18091e3b46"],
        Deliveries("distribution-2.8.2-referrers-push.hooks.jsonl").SelectMany(h => h).Select(h => Referrer.SubjectOf(h.Tag)).Distinct());

    [Fact]
    public void A_deletion_starts_nothing() =>
        Assert.Empty(Parse(Body(Encoding.UTF8.GetString(Samples.Read("distribution-delete-by-digest.json")))).Value!.Hints);

    /// <summary>GitHub sends a form unless it is told otherwise; Gitea and Forgejo can.</summary>
    [Theory]
    [InlineData("ghcr-package-published", "ghcr", "application/x-www-form-urlencoded")]
    [InlineData("ghcr-package-published", "ghcr", "application/x-www-form-urlencoded; charset=utf-8")]
    [InlineData("gitea-package-created", "gitea", null)]
    public void A_form_s_payload_is_read(string file, string form, string? contentType)
    {
        var payload = $"payload={System.Net.WebUtility.UrlEncode(Encoding.UTF8.GetString(Webhook(file).Body.Span))}&more=1";
        var body = contentType is null ? payload : $"other=%7B%7D&{payload}";
        var events = Parse(new PushRequest(Encoding.ASCII.GetBytes(body), name => name == "Content-Type" ? contentType : null)).Value!;
        Assert.Equal(form, events.Form);
        Assert.Equal([Sensor], Named(events));
    }

    [Theory]
    [InlineData("ping", """{"zen":"Speak like a human.","hook_id":1,"hook":{"type":"Repository"}}""")]
    [InlineData(null, """{"zen":"Speak like a human.","hook_id":1,"hook":{"type":"Repository"}}""")]
    [InlineData("push", """{"ref":"refs/heads/main","commits":[],"repository":{"full_name":"fleet/sensor"}}""")]
    [InlineData("star", """{"action":"created","repository":{"full_name":"fleet/sensor"}}""")]
    [InlineData("package", """{"action":"deleted","package":{"type":"container","name":"sensor","version":"1.2.0","owner":{"login":"fleet"}}}""")]
    [InlineData("package", """{"action":"created","package":{"type":"npm","name":"sensor","version":"1.2.0","owner":{"login":"fleet"}}}""")]
    [InlineData("package", """{"action":"created","package":{"type":"container","name":"sensor","version":"sha256:1234","owner":{"login":"fleet"}}}""")]
    [InlineData(null, """{"action":"ping"}""")]
    [InlineData(null, """{"action":"ping","target":{},"request":{}}""")]
    [InlineData(null, """{"id":"1","action":"delete","target":{"repository":"fleet/sensor","digest":"sha256:1"}}""")]
    [InlineData(null, """{"type":"SCANNING_COMPLETED","occur_at":1,"event_data":{"repository":{"repo_full_name":"fleet/sensor"}}}""")]
    [InlineData(null, """{"type":"PUSH_ARTIFACT","occur_at":1,"event_data":{"resources":[{"digest":"sha256:1","tag":""}],"repository":{"repo_full_name":"fleet/sensor"}}}""")]
    [InlineData(null, """{"specversion":"1.0","type":"harbor.scan.completed","source":"/projects/1","id":"1","data":{}}""")]
    [InlineData(null, """{"specversion":"1.0","type":"zotregistry.image.deleted","source":"zot","id":"1","data":{"name":"fleet/sensor","reference":"1.2.0"}}""")]
    [InlineData(null, """{"specversion":"1.0","type":"zotregistry.image.updated","source":"zot","id":"1","data":{"name":"fleet/sensor","reference":"sha256:1"}}""")]
    [InlineData(null, """{"specversion":"1.0","type":"Microsoft.ContainerRegistry.ImageDeleted","source":"/x","id":"1","data":{}}""")]
    [InlineData(null, """[{"eventType":"Microsoft.ContainerRegistry.ChartPushed","data":{}}]""")]
    [InlineData(null, """{"repository":"fleet/sensor","docker_url":"quay.io/fleet/sensor","build_id":"1"}""")]
    [InlineData(null, """{"source":"aws.ecr","detail-type":"ECR Image Scan","detail":{"repository-name":"fleet/sensor"}}""")]
    [InlineData(null, """{"events":[{"action":"mount","target":{"repository":"fleet/sensor"}}]}""")]
    public void Pings_tests_and_kinds_that_need_no_action_are_understood(string? forgeEvent, string body)
    {
        var result = Parse(new PushRequest(Encoding.UTF8.GetBytes(body), name => name == "X-GitHub-Event" ? forgeEvent : null));
        Assert.Empty(result.Value?.Hints ?? [Sensor]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("{\"events\":{}}")]
    [InlineData("payload=")]
    [InlineData("payload=%7B%7D")]
    [InlineData("{\"specversion\":\"1.0\",\"type\":\"com.example.made\",\"source\":\"x\",\"id\":\"1\",\"data\":{}}")]
    [InlineData("[{\"eventType\":\"Microsoft.Storage.BlobCreated\",\"data\":{}}]")]
    [InlineData("{\"type\":\"PUSH_ARTIFACT\",\"event_data\":{}}")]
    [InlineData("{\"action\":\"created\",\"package\":{\"type\":\"container\",\"version\":\"1.0.0\"}}")]
    public void Anything_else_is_refused_with_a_reason(string body) => Assert.NotNull(Parse(Encoding.UTF8.GetBytes(body)).Reason);

    [Theory]
    [InlineData("../../etc")]
    [InlineData("evil.example.com/../fleet")]
    [InlineData("fleet/sensor?x=1")]
    [InlineData("Fleet/Sensor")]
    [InlineData("fleet/sensor\n")]
    public void A_push_to_a_repository_that_is_no_name_is_refused(string repository) =>
        Assert.NotNull(Parse(JsonSerializer.SerializeToUtf8Bytes(new { repository, updated_tags = new[] { "1.0.0" } })).Reason);

    [Fact]
    public void When_it_was_pushed_is_kept() => Assert.Equal(new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero), Parse(
        """{"events":[{"action":"push","timestamp":"2026-11-23T10:00:00.000Z","target":{"mediaType":"application/vnd.oci.image.index.v1+json","repository":"fleet/sensor","tag":"1.2.0"}}]}"""u8.ToArray())
        .Value!.Hints[0].At);

    [Fact]
    public void Text_that_is_not_unicode_names_nothing() =>
        Assert.Empty(Parse("{\"updated_tags\":[\"\\ud800\"],\"repository\":\"fleet/sensor\"}"u8.ToArray()).Value!.Hints);

    [Theory]
    [InlineData("""{"events":[],"\ud800":1}""")]
    [InlineData("""{"events":[{"action":"push","\ud800":1,"target":{"\ud800tag":1,"\ud800epository":2}}],"\ud800":1}""")]
    public void A_name_with_half_a_character_in_it_is_nobody_s(string body) => Assert.Empty(Parse(Encoding.UTF8.GetBytes(body)).Value!.Hints);

    [Fact]
    public void More_pushes_than_any_sender_makes_are_refused()
    {
        var tags = Enumerable.Range(0, 101).Select(i => $"1.0.{i}");
        Assert.NotNull(Parse(JsonSerializer.SerializeToUtf8Bytes(new { repository = "fleet/sensor", updated_tags = tags })).Reason);
    }

    [Fact]
    public void A_damaged_event_is_a_value_or_a_reason_and_never_an_error() =>
        Gen.Select(Pick.From("acr-push", "ghcr-package-published", "eventgrid-acr-push.cloudevents", "quay-repo-push"), Gen.Int[0, 4000], Gen.Byte)
            .Sample((file, at, value) =>
            {
                var body = Webhook(file).Body.ToArray();
                body[at % body.Length] = value;
                var result = Parse(body);
                Assert.True(result.IsRejected || result.Value is not null);
            });

    [Fact]
    public void Any_bytes_are_a_value_or_a_reason_and_never_an_error() =>
        Gen.Byte.Array.Sample(bytes => Parse(bytes) is { IsRejected: true } or { Value: not null });

    private static Result<PushEvents> Parse(byte[] body) => PushPayload.Parse(PushRequest.Of(body));

    private static Result<PushEvents> Parse(PushRequest request) => PushPayload.Parse(request);

    /// <summary>Without their times, which the samples have from when they were made.</summary>
    private static IEnumerable<PushHint> Named(PushEvents events) => events.Hints.Select(h => h with { At = null });

    private static PushRequest Webhook(string file)
    {
        using var json = JsonDocument.Parse(Encoding.UTF8.GetString(Samples.Read($"webhooks/{file}.json")));
        var headers = json.RootElement.TryGetProperty("headers", out var all) && all.ValueKind == JsonValueKind.Object
            ? all.EnumerateObject().ToDictionary(h => h.Name, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase)
            : [];
        return new(Encoding.UTF8.GetBytes(json.RootElement.GetProperty("body").GetRawText()), headers.GetValueOrDefault);
    }

    private static byte[] Body(string sample)
    {
        using var json = JsonDocument.Parse(sample);
        return Encoding.UTF8.GetBytes(json.RootElement.GetProperty("body").GetRawText());
    }

    private static IEnumerable<IReadOnlyList<PushHint>> Deliveries(string file) =>
        Samples.Lines(file).Where(l => l.Length > 0).Select(line => Parse(Body(line)).Value!.Hints);
}
