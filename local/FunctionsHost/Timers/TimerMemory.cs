using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging;

namespace IoTBackend.FunctionsHost.Timers;

/// <summary>Where a timer's last run is remembered.</summary>
internal interface ITimerMemory
{
    /// <summary>Null when there is nothing, or nothing to be had.</summary>
    Task<ScheduleStatus?> ReadAsync(CancellationToken cancellationToken);

    Task WriteAsync(ScheduleStatus status, CancellationToken cancellationToken);
}

/// <summary>The Functions host's own place and form: a JSON blob <c>timers/{host}/{function}/status</c>.</summary>
internal sealed class BlobTimerMemory(BlobContainerClient container, string path, ILogger logger) : ITimerMemory
{
    private readonly BlobClient blob = container.GetBlobClient(path);

    public async Task<ScheduleStatus?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var content = await blob.DownloadContentAsync(cancellationToken);
            return content.Value.Content.ToObjectFromJson<ScheduleStatus>();
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
        catch (Exception failed) when (failed is RequestFailedException or AggregateException or JsonException)
        {
            HostLog.StorageUnavailable(logger, path, HostLog.Cause(failed));
            return null;
        }
    }

    public async Task WriteAsync(ScheduleStatus status, CancellationToken cancellationToken)
    {
        try
        {
            await blob.UploadAsync(BinaryData.FromObjectAsJson(status), overwrite: true, cancellationToken);
        }
        catch (Exception failed) when (failed is RequestFailedException or AggregateException)
        {
            HostLog.StorageUnavailable(logger, path, HostLog.Cause(failed));
        }
    }
}
