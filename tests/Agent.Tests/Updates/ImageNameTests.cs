using IoTBackend.Agent.Updates;

namespace Agent.Tests.Updates;

public sealed class ImageNameTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("127.0.0.1:5000/fleet/sensor@" + Digest, true)]
    [InlineData("registry.example.com/a@" + Digest, true)]
    [InlineData("registry.example.com/a:1.0@" + Digest, false)]
    [InlineData("registry.example.com/a:1.0", false)]
    [InlineData("localhost/a@" + Digest, true)]
    [InlineData("intranet/a@" + Digest, false)]
    [InlineData("sensor@" + Digest, false)]
    [InlineData("registry.example.com/a/../b@" + Digest, false)]
    [InlineData("registry.example.com/a?b@" + Digest, false)]
    [InlineData("registry.example.com/a%2fb@" + Digest, false)]
    [InlineData("registry.example.com/a@sha256:0123", false)]
    [InlineData("registry.example.com/a@" + Digest + "\n", false)]
    [InlineData("../a@" + Digest, false)]
    [InlineData(null, false)]
    public void Only_an_image_of_a_named_registry_pinned_by_digest_is_one(string? text, bool expected) =>
        Assert.Equal(expected ? text : null, ImageName.Parse(text)?.ToString());
}
