using System.Text;
using IoTBackend.Core.Alerts.Deliveries;

namespace Core.Tests.Alerts.Deliveries;

public sealed class WebhookSignatureTests
{
    [Fact]
    public void The_signature_is_what_an_independent_implementation_computes() => Assert.Equal(
        // Made with Python's hmac module; the key is the bytes 0..31.
        "v1,je38gtkfpHd9fd31HiRHYsKnSXYbm+fr1s5Xvq1Ov5o=",
        WebhookSignature.Sign(
            "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "msg_2f", DateTimeOffset.FromUnixTimeSeconds(1795000000),
            Encoding.UTF8.GetBytes("{\"type\":\"alert.opened\",\"ü\":1}")));

    [Theory]
    [InlineData("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", true)]
    [InlineData("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", false)]
    [InlineData("whsec_AAECAwQF", false)]
    [InlineData("whsec_not base64!", false)]
    [InlineData(null, false)]
    public void A_secret_is_whsec_and_24_to_64_bytes_of_base64(string? secret, bool isSecret) =>
        Assert.Equal(isSecret, WebhookSignature.IsSecret(secret));

    [Fact]
    public void A_made_secret_is_a_secret_and_never_the_same() =>
        Assert.True(WebhookSignature.IsSecret(WebhookSignature.NewSecret()) && WebhookSignature.NewSecret() != WebhookSignature.NewSecret());
}
