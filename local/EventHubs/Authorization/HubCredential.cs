using Azure.Core;

namespace Azure.Messaging.EventHubs.Authorization;

/// <summary>A token as <c>$cbs</c> and <c>$management</c> take it.</summary>
internal sealed record HubToken(string Type, string Value, DateTimeOffset ExpiresOn)
{
    public const string Sas = "servicebus.windows.net:sastoken";
    public const string Jwt = "jwt";
}

/// <summary>Where tokens for a resource of the hub come from.</summary>
internal abstract class HubCredential
{
    public abstract ValueTask<HubToken> GetTokenAsync(string resource, CancellationToken cancellationToken);

    public static HubCredential From(EventHubsConnectionStringProperties properties)
    {
        if (properties.SharedAccessSignature is { Length: > 0 } signature) return new ReadySignature(new AzureSasCredential(signature));
        if (properties is { SharedAccessKeyName.Length: > 0, SharedAccessKey.Length: > 0 })
            return new SharedKey(new AzureNamedKeyCredential(properties.SharedAccessKeyName, properties.SharedAccessKey));
        throw new ArgumentException(
            "The connection string needs SharedAccessKeyName and SharedAccessKey, or SharedAccessSignature.", nameof(properties));
    }
}

/// <summary>Signs with a rule's key; reads the credential anew each time, so that a rotated key is used.</summary>
internal sealed class SharedKey(AzureNamedKeyCredential credential) : HubCredential
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    public override ValueTask<HubToken> GetTokenAsync(string resource, CancellationToken cancellationToken)
    {
        var (name, key) = credential;
        var expiresOn = TimeProvider.System.GetUtcNow() + Lifetime;
        return new(new HubToken(HubToken.Sas, SasToken.Create(resource, name, key, expiresOn), expiresOn));
    }
}

/// <summary>Hands on a signature that somebody else made.</summary>
internal sealed class ReadySignature(AzureSasCredential credential) : HubCredential
{
    public override ValueTask<HubToken> GetTokenAsync(string resource, CancellationToken cancellationToken) =>
        new(new HubToken(HubToken.Sas, credential.Signature, SasToken.ExpiryOf(credential.Signature)));
}

/// <summary>Entra ID tokens.</summary>
internal sealed class EntraToken(TokenCredential credential) : HubCredential
{
    private static readonly string[] Scopes = ["https://eventhubs.azure.net//.default"];

    public override async ValueTask<HubToken> GetTokenAsync(string resource, CancellationToken cancellationToken)
    {
        var token = await credential.GetTokenAsync(new TokenRequestContext(Scopes), cancellationToken);
        return new(HubToken.Jwt, token.Token, token.ExpiresOn);
    }
}
