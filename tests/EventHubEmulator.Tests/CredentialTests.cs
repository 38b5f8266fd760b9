using System.Buffers.Text;
using System.Security.Authentication;
using System.Text;
using Azure;
using Azure.Core;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;

namespace EventHubEmulator.Tests;

/// <summary>Microsoft's client takes a credential object only over TLS; a connection string may say that it talks to an emulator.</summary>
public sealed class CredentialTests
{
    private static readonly string[] Tls = ["--tls-port", "0"];

    [Fact]
    public async Task A_named_key_a_signature_and_a_ready_connection_string_all_send()
    {
        await using var hub = await TestHub.StartAsync(null, Tls);
        await SendAsync(new EventHubProducerClient("localhost", "telemetry", new AzureNamedKeyCredential("RootManageSharedAccessKey", "SAS_KEY_VALUE"), Secured(hub)));
        var signature = hub.Sas("telemetry", "RootManageSharedAccessKey", "SAS_KEY_VALUE", TimeSpan.FromHours(1));
        await SendAsync(new EventHubProducerClient("localhost", "telemetry", new AzureSasCredential(signature), Secured(hub)));
        await SendAsync(hub.Producer(hub.SasConnectionString("telemetry", "RootManageSharedAccessKey", "SAS_KEY_VALUE", TimeSpan.FromHours(1))));
    }

    [Fact]
    public async Task TLS_works_with_a_certificate_that_the_caller_trusts_and_not_without()
    {
        await using var hub = await TestHub.StartAsync(null, Tls);
        var key = new AzureNamedKeyCredential("RootManageSharedAccessKey", "SAS_KEY_VALUE");
        var trusting = Secured(hub);
        await SendAsync(new("localhost", "telemetry", key, trusting));
        trusting.ConnectionOptions.CertificateValidationCallback = null;
        trusting.RetryOptions.MaximumRetries = 0;
        await Assert.ThrowsAsync<AuthenticationException>(() => SendAsync(new("localhost", "telemetry", key, trusting)));
    }

    [Fact]
    public async Task An_Entra_token_is_put_as_jwt_and_taken_only_where_that_was_asked_for()
    {
        await using (var strict = await TestHub.StartAsync(null, Tls))
        {
            var refused = await Assert.ThrowsAsync<UnauthorizedAccessException>(() => SendAsync(new("localhost", "telemetry", new FixedToken(), Secured(strict, TestHub.Once))));
            Assert.Contains("--accept-unverified-jwt", refused.Message, StringComparison.Ordinal);
        }
        await using var lenient = await TestHub.StartAsync(null, [.. Tls, "--accept-unverified-jwt"]);
        await SendAsync(new("localhost", "telemetry", new FixedToken(), Secured(lenient)));
    }

    private static async Task SendAsync(EventHubProducerClient producer)
    {
        await using (producer)
        {
            await producer.SendAsync([new EventData("x")]);
            Assert.Equal(4, (await producer.GetPartitionIdsAsync()).Length);
        }
    }

    private static EventHubProducerClientOptions Secured(TestHub hub, EventHubsRetryOptions? retries = null) => new()
    {
        ConnectionOptions = new()
        {
            CustomEndpointAddress = new($"sb://localhost:{hub.TlsPort}"),
            CertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost",
        },
        RetryOptions = retries ?? TestHub.Fast,
    };

    private sealed class FixedToken : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Assert.Equal("https://eventhubs.azure.net/.default", Assert.Single(requestContext.Scopes));
            var expiresOn = DateTimeOffset.UtcNow.AddHours(1);
            var claims = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"exp":{{expiresOn.ToUnixTimeSeconds()}}}"""));
            return new($"eyJhbGciOiJub25lIn0.{claims}.x", expiresOn);
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(GetToken(requestContext, cancellationToken));
    }
}
