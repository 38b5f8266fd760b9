using Azure.Core;
using Azure.Core.Pipeline;
using IoTBackend.Core.Releases.Images;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>
/// Everything the pipeline would read to its end by itself (answers to logins, error bodies) is read here instead, and not further than a
/// token or an error needs. What is asked for as a stream is counted by whoever reads it.
/// </summary>
internal sealed class BoundedAnswers : HttpPipelinePolicy
{
    private const int MaxBytes = 64 * 1024;

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline);
        if (!message.HasResponse || message.Response.ContentStream is not { } stream || (message.Response.Status == 200 && !message.BufferResponse))
            return;
        var bytes = new byte[MaxBytes + 1];
        var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, message.CancellationToken);
        await stream.DisposeAsync();
        if (length > MaxBytes && message.Response.Status == 200)
            throw new RegistryContentException($"The registry's answer to a login has more than {MaxBytes} bytes.");
        message.Response.ContentStream = new MemoryStream(bytes, 0, Math.Min(length, MaxBytes));
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("Registries are read asynchronously.");
}
