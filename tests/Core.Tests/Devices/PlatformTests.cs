using System.Text.Json;
using Core.Tests.Releases;
using CsCheck;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Images;

namespace Core.Tests.Devices;

public sealed class PlatformTests
{
    /// <summary>Computed from containerd's rules, which accept 32-bit Arm on arm64 and 386 on amd64.</summary>
    private static readonly JsonElement[] Vectors = [.. JsonDocument.Parse(Samples.Read("platform-vectors.json")).RootElement.EnumerateArray()];

    private static readonly Platform[] Images =
        [.. Vectors[0].GetProperty("runs").EnumerateObject().Select(p => Platform.Parse(p.Name)!.Value)];

    public static TheoryData<string> Devices => [.. Vectors.Select(v => v.GetProperty("deviceReports").GetString()!)];

    [Theory, MemberData(nameof(Devices))]
    public void A_device_s_name_for_its_platform_is_understood(string reported) =>
        Assert.Equal(Vector(reported).GetProperty("normalised").GetString(), Platform.Parse(reported)!.Value.ToString());

    [Theory, MemberData(nameof(Devices))]
    public void Across_families_a_device_accepts_what_containerd_accepts_in_its_order(string reported) =>
        Assert.Equal(
            Vector(reported).GetProperty("acceptsInOrder").EnumerateArray().Select(p => p.GetString()!),
            PlatformMatch.Accepted(Platform.Parse(reported)!.Value, acrossFamilies: true).Select(p => p.ToString()));

    [Fact]
    public void Across_families_every_pair_is_answered_as_containerd_answers_it()
    {
        var pairs = Vectors.SelectMany(v => v.GetProperty("runs").EnumerateObject().Select(r => (Device: v.GetProperty("deviceReports").GetString(), Image: r.Name, Runs: r.Value.GetBoolean()))).ToList();
        Assert.Equal(13 * 11, pairs.Count);
        Assert.All(pairs, p => Assert.Equal(p.Runs, PlatformMatch.Accepted(Platform.Parse(p.Device)!.Value, acrossFamilies: true).Contains(Platform.Parse(p.Image)!.Value)));
    }

    [Theory, MemberData(nameof(Devices))]
    public void Only_its_own_family_is_offered_by_default(string reported)
    {
        var device = Platform.Parse(reported)!.Value;
        foreach (var image in Vector(reported).GetProperty("runs").EnumerateObject())
        {
            var platform = Platform.Parse(image.Name)!.Value;
            var expected = image.Value.GetBoolean() && platform.Architecture == device.Architecture;
            Assert.Equal(expected, Runs(device, platform));
        }
    }

    [Theory]
    [InlineData("linux/arm64", "linux/arm/v7")]
    [InlineData("linux/arm64/v8", "linux/arm/v8")]
    [InlineData("linux/amd64", "linux/386")]
    [InlineData("linux/arm/v6", "linux/arm")]
    [InlineData("linux/arm/v7", "linux/arm64")]
    [InlineData("linux/arm/v7", "linux/amd64")]
    [InlineData("linux/arm/v7", "windows/arm/v7")]
    [InlineData("unknown/unknown", "unknown/unknown")]
    [InlineData("linux/unknown", "linux/unknown")]
    public void A_device_is_not_offered_what_it_may_not_run(string device, string image) =>
        Assert.False(Runs(Platform.Parse(device)!.Value, Platform.Parse(image)!.Value));

    [Fact]
    public void Of_several_that_run_the_device_s_best_is_chosen_whatever_the_order_of_the_index()
    {
        string[] offered = ["linux/arm/v5", "linux/arm/v6", "linux/amd64", "linux/arm/v7"];
        Assert.Equal("linux/arm/v7", PlatformMatch.Choose(Platform.Parse("linux/armv7l")!.Value, offered, o => Platform.Parse(o)!.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("linux")]
    [InlineData("linux/")]
    [InlineData("/arm")]
    [InlineData("linux/arm/v7/extra")]
    [InlineData(null)]
    public void What_is_no_platform_is_none(string? text) => Assert.Null(Platform.Parse(text));

    [Fact]
    public void A_normal_form_is_its_own_normal_form() =>
        Gen.Select(Pick.From("linux", "Windows", "macos"), Pick.From("arm", "armv7l", "armel", "aarch64", "arm64", "x86_64", "amd64", "i686", "riscv64"),
            Pick.From("", "v1", "v5", "6", "7", "v8", "8", "v8.0", "v8.2", "9", "v9.1", "V7", "odd"))
            .Sample((os, architecture, variant) =>
            {
                var once = Platform.Normalise(os, architecture, variant);
                Assert.Equal(once, Platform.Normalise(once.Os, once.Architecture, once.Variant));
                Assert.Equal(once, PlatformMatch.Accepted(once).First());
            });

    [Fact]
    public void Any_text_is_a_platform_or_none_and_never_an_error() =>
        Gen.String.Sample(text => Platform.Parse(text) is not { } platform || Images.Select(i => Runs(platform, i)).Count() == Images.Length);

    private static JsonElement Vector(string reported) => Vectors.Single(v => v.GetProperty("deviceReports").GetString() == reported);

    private static bool Runs(Platform device, Platform image) => PlatformMatch.Choose(device, [image.ToString()], _ => image) is not null;
}
