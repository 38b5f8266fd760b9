using Azure.Identity;
using Azure.Messaging.EventHubs.Producer;
using Microsoft.Extensions.Configuration;

namespace IoTBackend.Adapters.Ingest;

/// <summary>The connection to the hub, from the setting <c>EventHub</c> or <c>EventHub__fullyQualifiedNamespace</c>.</summary>
public static class HubProducer
{
    public static EventHubProducerClient Create(IConfiguration configuration, EventHubOptions options)
    {
        var clientOptions = new EventHubProducerClientOptions
        {
            // A device that waits longer than this sends again; better to tell it at once that nothing was taken.
            RetryOptions = new() { MaximumRetries = 2, TryTimeout = options.SendTimeout, MaximumDelay = TimeSpan.FromSeconds(2) },
        };
        if (configuration[EventHubOptions.Section] is { Length: > 0 } connectionString)
            return new(connectionString, EventHubOptions.Hub, clientOptions);
        if (options.FullyQualifiedNamespace is not { Length: > 0 } host)
            throw new InvalidOperationException("Set EventHub to a connection string, or EventHub__fullyQualifiedNamespace to the namespace's host.");
        var clientId = configuration[$"{EventHubOptions.Section}:clientId"];
        return new(host, EventHubOptions.Hub, new ManagedIdentityCredential(
            clientId is { Length: > 0 } ? ManagedIdentityId.FromUserAssignedClientId(clientId) : ManagedIdentityId.SystemAssigned), clientOptions);
    }
}
