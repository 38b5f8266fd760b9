using Azure.Core;
using Azure.Core.Pipeline;

namespace IoTBackend.Benchmarks.Processing;

/// <summary>Counts what goes to storage, retries included: requests as they are billed, and bytes sent.</summary>
internal sealed class StorageCount : HttpPipelineSynchronousPolicy
{
    private long _requests;
    private long _bytes;

    public long Requests => Interlocked.Read(ref _requests);

    public long Bytes => Interlocked.Read(ref _bytes);

    public override void OnSendingRequest(HttpMessage message)
    {
        Interlocked.Increment(ref _requests);
        if (message.Request.Content is { } content && content.TryComputeLength(out var length))
            Interlocked.Add(ref _bytes, length);
    }
}
