using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using IoTBackend.FunctionsHost.Settings;

namespace IoTBackend.FunctionsHost.Storage;

/// <summary>Storage accounts by the name of their setting: a connection string, or service URIs with the ambient identity.</summary>
internal sealed class StorageConnections(AppSettings settings)
{
    /// <summary>The account of the host itself: checkpoints, locks, timers' memory.</summary>
    public const string Host = "AzureWebJobsStorage";

    public BlobServiceClient Blobs() => Text(Host) is { } connection
        ? new(connection, Options(new BlobClientOptions()))
        : new(Service(Host, "blob"), new DefaultAzureCredential(), Options(new BlobClientOptions()));

    public QueueServiceClient Queues(string name) => Text(name) is { } connection
        ? new(connection, Options(new QueueClientOptions()))
        : new(Service(name, "queue"), new DefaultAzureCredential(), Options(new QueueClientOptions()));

    /// <summary>Notes the setting as missing unless it is there in one form or another.</summary>
    public void Require(string name)
    {
        if (!settings.Section(name).GetChildren().Any(child => child.Key.EndsWith("ServiceUri", StringComparison.OrdinalIgnoreCase) || child.Key is "accountName"))
            settings.Required(name);
    }

    private string? Text(string name) => settings[name] is { Length: > 0 } text ? text : null;

    private Uri Service(string name, string service)
    {
        var section = settings.Section(name);
        var uri = section[$"{service}ServiceUri"] ?? (section["accountName"] is { } account ? $"https://{account}.{service}.core.windows.net" : null);
        return Uri.TryCreate(uri, UriKind.Absolute, out var parsed)
            ? parsed
            : throw new HostException($"{name} needs a connection string, or {name}__{service}ServiceUri, or {name}__accountName.");
    }

    /// <summary>An outage is noticed within seconds; waiting it out is the caller's business.</summary>
    private static T Options<T>(T options) where T : ClientOptions
    {
        options.Retry.MaxRetries = 2;
        options.Retry.Delay = TimeSpan.FromMilliseconds(200);
        options.Retry.MaxDelay = TimeSpan.FromSeconds(1);
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(10);
        return options;
    }
}
