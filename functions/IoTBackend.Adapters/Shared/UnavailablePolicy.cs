using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Shared;

/// <summary>
/// Tells a service that cannot answer now from one that says no, once for every call of a client. Outside the client's
/// retries: what gets here has been tried again as often as it should be.
/// </summary>
internal sealed class UnavailablePolicy(string service) : HttpPipelinePolicy
{
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        try
        {
            ProcessNext(message, pipeline);
        }
        catch (Exception e) when (IsTransient(e, message))
        {
            throw new UnavailableException(service, e);
        }

        Judge(message.Response);
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        try
        {
            await ProcessNextAsync(message, pipeline);
        }
        catch (Exception e) when (IsTransient(e, message))
        {
            throw new UnavailableException(service, e);
        }

        Judge(message.Response);
    }

    private static bool IsTransient(Exception exception, HttpMessage message) => exception switch
    {
        AggregateException tries => tries.InnerExceptions.All(e => IsTransient(e, message)),
        // Cancelled, and not by the caller: the client's time-out.
        OperationCanceledException => !message.CancellationToken.IsCancellationRequested,
        _ => Unavailable.IsTransient(exception),
    };

    private void Judge(Response response)
    {
        if (Unavailable.IsTransient(response.Status))
            throw new UnavailableException(service, new RequestFailedException(response));
    }
}
