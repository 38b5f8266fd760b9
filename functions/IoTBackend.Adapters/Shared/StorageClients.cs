using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IoTBackend.Adapters.Shared;

/// <summary>
/// The table, queue and blob clients, from the setting <c>AzureWebJobsStorage</c>: a connection string, or
/// <c>__tableServiceUri</c>, <c>__queueServiceUri</c>, <c>__blobServiceUri</c> with a managed identity (<c>__clientId</c>).
/// </summary>
public static class StorageClients
{
    public const string Connection = "AzureWebJobsStorage";

    public static IServiceCollection AddStorageClients(this IServiceCollection services, IConfiguration configuration)
    {
        var tables = With(new TableClientOptions(), Unavailable.Tables);
        // Base64 as the Functions host expects it in queue triggers.
        var queues = With(new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 }, Unavailable.Queues);
        var blobs = With(new BlobClientOptions(), Unavailable.Blobs);
        if (configuration[Connection] is { Length: > 0 } connectionString)
        {
            return services
                .AddSingleton(new TableServiceClient(connectionString, tables))
                .AddSingleton(new QueueServiceClient(connectionString, queues))
                .AddSingleton(new BlobServiceClient(connectionString, blobs));
        }

        var section = configuration.GetSection(Connection);
        var credential = new ManagedIdentityCredential(
            section["clientId"] is { Length: > 0 } id ? ManagedIdentityId.FromUserAssignedClientId(id) : ManagedIdentityId.SystemAssigned);
        return services
            .AddSingleton(new TableServiceClient(Endpoint("tableServiceUri"), credential, tables))
            .AddSingleton(new QueueServiceClient(Endpoint("queueServiceUri"), credential, queues))
            .AddSingleton(new BlobServiceClient(Endpoint("blobServiceUri"), credential, blobs));

        Uri Endpoint(string name) => Uri.TryCreate(section[name], UriKind.Absolute, out var uri)
            ? uri
            : throw new InvalidOperationException($"Set {Connection} to a connection string, or {Connection}__{name} to a URI.");
    }

    internal static T With<T>(T options, string service)
        where T : ClientOptions
    {
        options.AddPolicy(new UnavailablePolicy(service), HttpPipelinePosition.PerCall);
        return options;
    }
}
