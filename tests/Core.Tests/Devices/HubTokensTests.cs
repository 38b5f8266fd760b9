using IoTBackend.Core.Devices;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Devices;

public sealed class HubTokensTests
{
    [Fact]
    public void A_hub_token_is_what_an_independent_implementation_signs()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1795000000));
        var options = new HubTokenOptions { DeviceRuleName = "devices", DeviceRuleKey = "c2VjcmV0LWtleS10ZXh0", DeviceEndpoint = "amqps://ns.example.net" };
        var token = new HubTokens(options, time).Issue("node-1.a:b_C")!;
        // Made with Python's hmac module.
        Assert.Equal(
            "SharedAccessSignature sr=sb%3A%2F%2Fns.example.net%2Ftelemetry%2Fpublishers%2Fnode-1.a%3Ab_C&sig=oIYkKrqoXooC378IZqh4afDE7PjWtd2r7QB2OAmOkf0%3D&se=1795003600&skn=devices",
            token.Token);
        Assert.Equal(("telemetry", "node-1.a:b_C", time.GetUtcNow().AddHours(1)), (token.EventHub, token.Publisher, token.ExpiresAt));
    }

    [Fact]
    public void Without_a_rule_there_are_no_tokens() => Assert.Null(new HubTokens(new(), TimeProvider.System).Issue("a"));

    [Theory]
    [InlineData(null, null, null, true)]
    [InlineData("r", "k", "amqps://h", true)]
    [InlineData("r", "k", "amqp://127.0.0.1:5672", true)]
    [InlineData("r", "k", null, false)]
    [InlineData(null, "k", "amqps://h", false)]
    [InlineData("r", "k", "https://h", false)]
    public void The_settings_belong_together(string? rule, string? key, string? endpoint, bool isWhole) => Assert.Equal(
        isWhole, new HubTokenOptions { DeviceRuleName = rule, DeviceRuleKey = key, DeviceEndpoint = endpoint }.IsWhole);
}
