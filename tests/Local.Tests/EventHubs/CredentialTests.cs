using System.Buffers.Text;
using System.Text;
using Azure;
using Azure.Core;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;

namespace Local.Tests.EventHubs;

public sealed class CredentialTests
{
    [Fact]
    public async Task A_named_key_a_signature_and_a_ready_connection_string_all_send()
    {
        await using var hub = await TestHub.StartAsync();
        await SendAsync(new EventHubProducerClient("localhost", "telemetry", new AzureNamedKeyCredential("RootManageSharedAccessKey", "SAS_KEY_VALUE"), Plain(hub)));
        var signature = hub.Sas("telemetry", "RootManageSharedAccessKey", "SAS_KEY_VALUE", TimeSpan.FromHours(1));
        await SendAsync(new EventHubProducerClient("localhost", "telemetry", new AzureSasCredential(signature), Plain(hub)));
        await SendAsync(hub.Producer(hub.SasConnectionString("telemetry", "RootManageSharedAccessKey", "SAS_KEY_VALUE", TimeSpan.FromHours(1))));
    }

    [Fact]
    public async Task TLS_works_with_a_certificate_that_the_caller_trusts_and_not_without()
    {
        await using var hub = await TestHub.StartAsync(null, "--tls-port", "0");
        var connection = new EventHubConnectionOptions { CustomEndpointAddress = new($"sb://localhost:{hub.TlsPort}") };
        var options = new EventHubProducerClientOptions { ConnectionOptions = connection, RetryOptions = new() { MaximumRetries = 0, TryTimeout = TimeSpan.FromSeconds(10) } };
        var key = new AzureNamedKeyCredential("RootManageSharedAccessKey", "SAS_KEY_VALUE");
        await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(new("localhost", "telemetry", key, options)));
        connection.CertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost";
        await SendAsync(new("localhost", "telemetry", key, options));
    }

    [Fact]
    public async Task An_Entra_token_is_put_as_jwt_and_taken_only_where_that_was_asked_for()
    {
        await using (var strict = await TestHub.StartAsync())
        {
            var refused = await Assert.ThrowsAsync<EventHubsException>(() => SendAsync(new("localhost", "telemetry", new FixedToken(), Plain(strict))));
            Assert.Contains("--accept-unverified-jwt", refused.Message, StringComparison.Ordinal);
        }
        await using var lenient = await TestHub.StartAsync(null, "--accept-unverified-jwt");
        await SendAsync(new("localhost", "telemetry", new FixedToken(), Plain(lenient)));
    }

    private static async Task SendAsync(EventHubProducerClient producer)
    {
        await using (producer)
        {
            await producer.SendAsync([new EventData("x")]);
            Assert.Equal(4, (await producer.GetPartitionIdsAsync()).Length);
        }
    }

    private static EventHubProducerClientOptions Plain(TestHub hub) => new()
    {
        ConnectionOptions = new() { CustomEndpointAddress = new($"amqp://localhost:{hub.Port}") },
        RetryOptions = TestHub.Fast,
    };

    private sealed class FixedToken : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Assert.Equal("https://eventhubs.azure.net//.default", Assert.Single(requestContext.Scopes));
            var expiresOn = DateTimeOffset.UtcNow.AddHours(1);
            var claims = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"exp":{{expiresOn.ToUnixTimeSeconds()}}}"""));
            return new($"eyJhbGciOiJub25lIn0.{claims}.x", expiresOn);
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(GetToken(requestContext, cancellationToken));
    }
}
