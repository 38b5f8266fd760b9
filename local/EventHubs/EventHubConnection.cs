using Azure.Core;
using Azure.Messaging.EventHubs.Amqp;
using Azure.Messaging.EventHubs.Authorization;

namespace Azure.Messaging.EventHubs;

/// <summary>One AMQP connection to one hub, opened when first needed and again after it broke; clients may share it.</summary>
public class EventHubConnection : IAsyncDisposable
{
    public EventHubConnection(string connectionString) : this(connectionString, null!, new()) { }
    public EventHubConnection(string connectionString, EventHubConnectionOptions connectionOptions)
        : this(connectionString, null!, connectionOptions) { }
    public EventHubConnection(string connectionString, string eventHubName) : this(connectionString, eventHubName, new()) { }

    /// <exception cref="ArgumentException">The string and the argument name no hub, or two different ones.</exception>
    public EventHubConnection(string connectionString, string eventHubName, EventHubConnectionOptions connectionOptions)
    {
        var parts = EventHubsConnectionStringProperties.Parse(connectionString);
        if (parts.EventHubName is not null && !string.IsNullOrEmpty(eventHubName) && parts.EventHubName != eventHubName)
            throw new ArgumentException("The event hub is named in the connection string and, differently, in the argument.", nameof(eventHubName));
        EventHubName = parts.EventHubName ?? eventHubName;
        ArgumentException.ThrowIfNullOrEmpty(EventHubName, nameof(eventHubName));
        FullyQualifiedNamespace = parts.FullyQualifiedNamespace;
        Scope = new(parts.Endpoint, EventHubName, useTls: !parts.UseDevelopmentEmulator, HubCredential.From(parts), connectionOptions);
    }

    public EventHubConnection(
        string fullyQualifiedNamespace, string eventHubName, TokenCredential credential, EventHubConnectionOptions? connectionOptions = null)
        : this(fullyQualifiedNamespace, eventHubName, new EntraToken(credential), connectionOptions) { }

    public EventHubConnection(
        string fullyQualifiedNamespace, string eventHubName, AzureNamedKeyCredential credential, EventHubConnectionOptions? connectionOptions = null)
        : this(fullyQualifiedNamespace, eventHubName, new SharedKey(credential), connectionOptions) { }

    public EventHubConnection(
        string fullyQualifiedNamespace, string eventHubName, AzureSasCredential credential, EventHubConnectionOptions? connectionOptions = null)
        : this(fullyQualifiedNamespace, eventHubName, new ReadySignature(credential), connectionOptions) { }

    private EventHubConnection(string fullyQualifiedNamespace, string eventHubName, HubCredential credential, EventHubConnectionOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(fullyQualifiedNamespace);
        ArgumentException.ThrowIfNullOrEmpty(eventHubName);
        FullyQualifiedNamespace = fullyQualifiedNamespace;
        EventHubName = eventHubName;
        // A custom endpoint with the scheme amqp is a hub on this machine; everything else is TLS.
        var useTls = options?.CustomEndpointAddress?.Scheme != "amqp";
        Scope = new(new Uri($"sb://{fullyQualifiedNamespace}"), eventHubName, useTls, credential, options ?? new());
    }

    public string FullyQualifiedNamespace { get; }
    public string EventHubName { get; }
    public bool IsClosed => Scope.IsClosed;

    internal ConnectionScope Scope { get; }

    public virtual Task CloseAsync(CancellationToken cancellationToken = default) => Scope.DisposeAsync().AsTask();

    public virtual async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }
}
