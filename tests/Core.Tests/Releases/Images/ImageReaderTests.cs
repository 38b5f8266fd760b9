using IoTBackend.Core.Releases.Images;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Releases.Images;

public sealed class ImageReaderTests
{
    private static readonly ImageSource Source = new(new() { Host = "r.example.com", Endpoint = new("https://r.example.com") }, "fleet/sensor");

    private readonly MemoryRegistry _registry = new();

    [Fact]
    public async Task Each_platform_has_its_manifest_and_what_it_takes_to_download_each_layer_once()
    {
        var image = await ReadAsync(_registry.Push("1.0.0"));
        Assert.Equal(["linux/amd64", "linux/arm64", "linux/arm/v7"], image.Platforms.Select(p => p.Platform));
        Assert.All(image.Platforms, p => Assert.Equal(1010, p.SizeBytes));
    }

    [Fact]
    public async Task The_recorded_config_and_manifest_of_an_arm_image_are_understood()
    {
        _registry.Put("application/octet-stream", Samples.Read("get-config-arm-v7.json"));
        var image = await ReadAsync(_registry.Put(MediaTypes.OciManifest, Samples.Read("get-manifest-arm-v7.json")));
        Assert.Equal("linux/arm/v7", Assert.Single(image.Platforms).Platform);
        Assert.Equal(["mqtt.example.com:8883/tcp"], image.Platforms[0].Asks!.Egress);
    }

    [Theory]
    [InlineData("get-index.json", MediaTypes.OciIndex, 3)]
    [InlineData("get-docker-manifest-list.json", MediaTypes.DockerList, 3)]
    [InlineData("get-index-with-attestation.json", MediaTypes.OciIndex, 3)]
    public async Task Attestations_are_passed_over_and_children_that_are_missing_cost_only_their_platform(string file, string mediaType, int missing)
    {
        var image = await ReadAsync(_registry.Put(mediaType, Samples.Read(file)));
        Assert.Empty(image.Platforms);
        Assert.Equal(missing, image.Unusable.Count);
    }

    [Fact]
    public async Task An_index_that_lies_about_a_platform_is_not_believed()
    {
        var image = await ReadAsync(_registry.PushIndex("1.0.0", _registry.Child("linux/amd64", claimed: "linux/arm64")));
        Assert.Equal("linux/amd64", Assert.Single(image.Platforms).Platform);
    }

    [Fact]
    public async Task Of_two_entries_for_one_platform_the_first_counts()
    {
        var (first, second) = (_registry.Child("linux/arm/v7", "a"), _registry.Child("linux/arm", "b"));
        var image = await ReadAsync(_registry.PushIndex("1.0.0", first, second));
        Assert.Contains(Assert.Single(image.Platforms).Digest, first.ToString(), StringComparison.Ordinal);
        Assert.Contains("the first counts", Assert.Single(image.Contradictions), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Artifacts_that_do_not_run_are_no_platforms()
    {
        var image = await ReadAsync(_registry.PushIndex("1.0.0", _registry.Child("linux/amd64"), _registry.Child("linux/arm64", configType: "application/vnd.oci.empty.v1+json")));
        Assert.Single(image.Platforms);
        Assert.Single(image.Unusable);
    }

    [Fact]
    public async Task An_index_in_an_index_is_followed_once()
    {
        var inner = _registry.PushIndex("a", _registry.Child("linux/arm64"));
        var deeper = _registry.PushIndex("b", new { digest = inner });
        Assert.Single((await ReadAsync(_registry.PushIndex("c", new { digest = inner }))).Platforms);
        var image = await ReadAsync(_registry.PushIndex("d", new { digest = deeper }));
        Assert.Empty(image.Platforms);
        Assert.Single(image.Unusable);
    }

    [Fact]
    public async Task An_index_without_end_is_refused_unread()
    {
        var digest = _registry.PushIndex("1.0.0", [.. Enumerable.Range(0, 65).Select(i => new { digest = $"sha256:{i:x64}" })]);
        var image = await ReadAsync(digest);
        Assert.Empty(image.Platforms);
        Assert.Contains("more than 64 entries", Assert.Single(image.Unusable), StringComparison.Ordinal);
        Assert.Equal(1, _registry.Reads);
    }

    [Fact]
    public async Task Indexes_in_an_index_are_read_to_one_bound_together()
    {
        var inner = Enumerable.Range(0, 64).Select(i => _registry.PushIndex($"{i}", [.. Enumerable.Range(0, 64).Select(c => _registry.Child("linux/arm64", $"{i}-{c}"))])).ToList();
        var image = await ReadAsync(_registry.PushIndex("1.0.0", [.. inner.Select(digest => new { digest })]));
        Assert.Empty(image.Platforms);
        Assert.Equal(["It has more than 64 manifests."], image.Unusable);
        Assert.InRange(_registry.Reads, 1, 130);
    }

    [Fact]
    public async Task Configs_are_read_to_one_bound_together_and_nothing_of_them_is_kept_but_what_is_read()
    {
        var label = new string('a', 3_900_000);
        var children = Enumerable.Range(0, 20).Select(i => _registry.Child($"linux/arch{i}", container: new { Labels = new Dictionary<string, string> { ["other"] = label + i } })).ToList();
        var image = await ReadAsync(_registry.PushIndex("1.0.0", [.. children]));
        Assert.Empty(image.Platforms);
        Assert.Equal(["Its manifests and configs have more than 16777216 bytes."], image.Unusable);
        Assert.InRange(_registry.Reads, 1, 12);
    }

    [Fact]
    public async Task An_image_whose_every_part_takes_its_time_is_given_up_after_ninety_seconds()
    {
        var time = new FakeTimeProvider();
        _registry.Push("1.0.0");
        _registry.Before = token =>
        {
            time.Advance(TimeSpan.FromSeconds(29));
            token.ThrowIfCancellationRequested();
        };
        var manifest = (await _registry.ReadManifestAsync(Source, "1.0.0", default))!;
        var image = await new ImageReader(_registry, time).ReadAsync(Source, manifest, default);
        Assert.Empty(image.Platforms);
        Assert.Equal(["It could not be read within 90 seconds."], image.Unusable);
    }

    [Fact]
    public async Task An_image_that_exposes_very_many_ports_asks_for_all_of_them()
    {
        var image = await ReadAsync(_registry.PushIndex("1.0.0", _registry.Child("linux/arm64", container: new { ExposedPorts = Enumerable.Range(0, 51).ToDictionary(i => $"{i}/udp", _ => new { }) })));
        Assert.Equal(["*"], Assert.Single(image.Platforms).Asks!.Ports);
        Assert.Equal(["for the port *"], image.Platforms[0].Asks!.Beyond(new() { Root = true }));
    }

    [Theory]
    [InlineData("no json", "Not JSON")]
    [InlineData("{}", "Not an image that runs")]
    [InlineData("{\"mediaType\":\"application/vnd.oci.image.index.v1+json\"}", "media type")]
    [InlineData("{\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:..\"}}", "Not an image that runs")]
    [InlineData("{\"config\":{\"mediaType\":\"application/vnd.cncf.helm.config.v1+json\",\"digest\":\"sha256:..\"}}", "application/vnd.cncf.helm.config.v1+json")]
    public async Task A_manifest_that_is_no_image_has_no_platform_and_says_why(string manifest, string why)
    {
        var image = await ReadAsync(_registry.Put(MediaTypes.OciManifest, System.Text.Encoding.UTF8.GetBytes(manifest)));
        Assert.Empty(image.Platforms);
        Assert.Contains(why, Assert.Single(image.Unusable), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Schema_1_is_no_image() =>
        Assert.Equal(["Not an image's manifest."], (await ReadAsync(_registry.Put("application/vnd.docker.distribution.manifest.v1+prettyjws", "{}"u8.ToArray()))).Unusable);

    /// <summary>Config, index entry, what counts, and whether they contradict each other.</summary>
    [Theory]
    [InlineData("linux/arm", "linux/arm/v6", "linux/arm/v6", false)]
    [InlineData("linux/arm", "linux/arm/v7", "linux/arm/v7", false)]
    [InlineData("linux/arm", "linux/arm", "linux/arm/v7", false)]
    [InlineData("linux/arm64", "linux/arm64/v8", "linux/arm64", false)]
    [InlineData("linux/arm64", "linux/arm64/v9", "linux/arm64/v9", false)]
    [InlineData("linux/aarch64", "linux/arm64/v9", "linux/arm64/v9", false)]
    [InlineData("linux/amd64", "linux/amd64/v3", "linux/amd64/v3", false)]
    [InlineData("linux/arm/v6", "linux/arm/v7", "linux/arm/v6", true)]
    [InlineData("linux/arm/v6", "linux/arm", "linux/arm/v6", false)]
    [InlineData("linux/amd64", "linux/arm/v7", "linux/amd64", true)]
    [InlineData("linux/arm", "linux/arm64/v8", "linux/arm/v7", true)]
    [InlineData("windows/amd64", "linux/amd64", "windows/amd64", true)]
    [InlineData("", "linux/arm/v6", "linux/arm/v6", false)]
    [InlineData("linux", "linux/arm64", "linux/arm64", false)]
    public async Task Where_a_config_is_silent_the_index_counts_and_contradictions_are_named(string config, string claimed, string settled, bool contradicts)
    {
        var image = await ReadAsync(_registry.PushIndex("1.0.0", _registry.Child(config, claimed: claimed)));
        Assert.Equal(settled, Assert.Single(image.Platforms).Platform);
        Assert.Equal(contradicts, image.Contradictions.Count == 1);
    }

    [Fact]
    public async Task Two_variants_that_only_the_index_tells_apart_are_two_platforms()
    {
        var (six, seven) = (_registry.Child("linux/arm", "a", "linux/arm/v6"), _registry.Child("linux/arm", "b", "linux/arm/v7"));
        Assert.Equal(["linux/arm/v6", "linux/arm/v7"], (await ReadAsync(_registry.PushIndex("1.0.0", six, seven))).Platforms.Select(p => p.Platform));
    }

    private async Task<Image> ReadAsync(string digest) =>
        await new ImageReader(_registry, TimeProvider.System).ReadAsync(Source, (await _registry.ReadManifestAsync(Source, digest, default))!, default);
}
